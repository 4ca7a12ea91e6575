/** A camera for photos where no call holds one: open as long as its dialog is. */
import { useEffect, useState } from 'preact/hooks'
import { troubleOf } from '../../../engine/send/constraints'
import { whyEnded } from '../../../engine/send/ended'
import type { Camera } from '../../../pages/photo/Taking'

/**
 * More than a call wants: where a browser takes no photos, a frame of this is what there is. A
 * camera that has less gives its largest.
 */
const most: MediaTrackConstraints = { width: { ideal: 3_840 }, height: { ideal: 2_160 } }
const behind: MediaTrackConstraints = { facingMode: 'environment' }

type Settings = Pick<MediaTrackSettings, 'deviceId' | 'facingMode'>
type Input = Pick<MediaDeviceInfo, 'deviceId' | 'kind'>

/** The camera after one: on a phone that on its other side, elsewhere the next in the list. */
export function nextCamera(
  { deviceId, facingMode }: Settings,
  devices: readonly Input[],
): MediaTrackConstraints | undefined {
  const ids = devices.filter(({ kind }) => kind === 'videoinput').map((one) => one.deviceId)
  if (ids.length < 2) return undefined
  if (facingMode) return { facingMode: facingMode === 'user' ? 'environment' : 'user' }
  return { deviceId: { exact: ids[(ids.indexOf(deviceId ?? '') + 1) % ids.length]! } }
}

export function useCamera(): Camera {
  const [wanted, setWanted] = useState(behind)
  const [camera, setCamera] = useState<Camera>({})
  useEffect(() => {
    let track: MediaStreamTrack | undefined
    let over = false
    const open = async () => {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { ...most, ...wanted } })
      track = stream.getVideoTracks()[0]!
      if (over) return track.stop()
      const settings = track.getSettings()
      track.addEventListener('ended', async () => {
        const trouble = await whyEnded('camera', settings.deviceId)
        if (!over) setCamera({ trouble })
      })
      const next = nextCamera(settings, await navigator.mediaDevices.enumerateDevices())
      if (!over) setCamera({ stream, flip: next && (() => setWanted(next)) })
    }
    open().catch((error) => {
      if (!over) setCamera({ trouble: troubleOf(error, isSecureContext) })
    })
    return () => {
      over = true
      track?.stop()
    }
  }, [wanted])
  return camera
}
