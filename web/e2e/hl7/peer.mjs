// A hospital's system that nobody of this project wrote: node-hl7-client and node-hl7-server.
//
//   node peer.mjs send PORT < messages   sends the messages, which a blank line parts, one after the
//                                        other, and prints MSA-1 and MSA-2 of each answer
//   node peer.mjs listen PORT            prints MSH-10 and PID-5.1 of what comes, and answers it
import { Client, Message } from 'node-hl7-client'
import { Server } from 'node-hl7-server'

const [mode, port] = [process.argv[2], Number(process.argv[3])]

const input = async () => {
  let text = ''
  for await (const part of process.stdin) text += part
  return text.split('\n\n').filter((one) => one !== '')
}

const send = async () => {
  let answered = () => {}
  const client = new Client({ host: '127.0.0.1' })
  const connection = client.createConnection({ port }, async (response) => {
    const message = response.getMessage()
    console.log(`${message.get('MSA.1').toString()} ${message.get('MSA.2').toString()}`)
    answered()
  })
  await new Promise((resolve) => connection.on('connect', resolve))
  for (const text of await input()) {
    const answer = new Promise((resolve) => (answered = resolve))
    await connection.sendMessage(new Message({ text: text.replaceAll('\n', '\r') }))
    await answer
  }
  await connection.close()
  process.exit(0)
}

const listen = () => {
  const inbound = new Server({ bindAddress: '127.0.0.1' }).createInbound({ port }, async (request, response) => {
    const message = request.getMessage()
    console.log(`${message.get('MSH.10').toString()} ${message.get('PID.5.1').toString()}`)
    await response.sendResponse('AA')
  })
  inbound.on('listen', () => console.log('listening'))
}

await (mode === 'send' ? send() : listen())
