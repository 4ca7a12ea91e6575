/** Passkeys (WebAuthn Level 3): the server's JSON to the browser and back. */
import type { PasskeyAnswer, PasskeyChallenge } from './api'
import { bytesOf, textOf } from './base64'

export const hasPasskeys = () => typeof PublicKeyCredential !== 'undefined'

type Descriptor = { id: string; type: 'public-key' }

/** Options may come as they are, or inside `publicKey` as libraries send them. */
function optionsIn({ options }: PasskeyChallenge): Record<string, unknown> {
  return (options.publicKey as Record<string, unknown> | undefined) ?? options
}

const descriptors = (list: unknown) =>
  ((list as Descriptor[] | undefined) ?? []).map((one) => ({ ...one, id: bytesOf(one.id) }))

/** Signs in; throws what the browser throws when nobody answers. */
export async function usePasskey(challenge: PasskeyChallenge): Promise<PasskeyAnswer> {
  const options = optionsIn(challenge)
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge as string),
    allowCredentials: descriptors(options.allowCredentials),
  } as PublicKeyCredentialRequestOptions
  const credential = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential
  const response = credential.response as AuthenticatorAssertionResponse
  return {
    challenge: challenge.challenge,
    credential: {
      ...common(credential),
      response: {
        clientDataJSON: textOf(response.clientDataJSON),
        authenticatorData: textOf(response.authenticatorData),
        signature: textOf(response.signature),
        userHandle: response.userHandle ? textOf(response.userHandle) : undefined,
      },
    },
  }
}

/** Makes a new one. */
export async function makePasskey(
  challenge: PasskeyChallenge,
  name: string,
): Promise<PasskeyAnswer> {
  const options = optionsIn(challenge)
  const user = options.user as { id: string; name: string; displayName: string }
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge as string),
    user: { ...user, id: bytesOf(user.id) },
    excludeCredentials: descriptors(options.excludeCredentials),
  } as unknown as PublicKeyCredentialCreationOptions
  const credential = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential
  const response = credential.response as AuthenticatorAttestationResponse
  return {
    challenge: challenge.challenge,
    name,
    credential: {
      ...common(credential),
      response: {
        clientDataJSON: textOf(response.clientDataJSON),
        attestationObject: textOf(response.attestationObject),
        transports: response.getTransports?.() ?? [],
      },
    },
  }
}

function common(credential: PublicKeyCredential) {
  return {
    id: credential.id,
    rawId: textOf(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
  }
}
