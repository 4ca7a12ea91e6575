/** What the browser tells of devices, and by it why one of them has ended in the middle. */
import type { Input } from './constraints'
import type { EndReason } from './input'

export const kinds = { microphone: 'audioinput', camera: 'videoinput' } as const

export async function listed(): Promise<MediaDeviceInfo[]> {
  return (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? []
}

/** Whether this site may have a device; undefined where the browser does not tell. */
export async function permissionOf(device: Input): Promise<PermissionState | undefined> {
  try {
    return (await navigator.permissions.query({ name: device as PermissionName })).state
  } catch {
    return undefined
  }
}

/** Why the track of a device has ended: few browsers say so themselves. */
export async function whyEnded(device: Input, used: string | undefined): Promise<EndReason> {
  const [permission, all] = await Promise.all([permissionOf(device), listed()])
  if (permission === 'denied') return 'refused-by-browser'
  const ids = all.filter(({ kind }) => kind === kinds[device]).map(({ deviceId }) => deviceId)
  // Names of devices are told to those alone who may have them: an empty one may be any.
  const there = ids.some((id) => !id || id === used)
  if (!there) return 'lost'
  return permission === 'prompt' ? 'refused-by-browser' : 'failed'
}
