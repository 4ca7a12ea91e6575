import { useEffect, useRef } from 'preact/hooks'
import type { Call } from '../../engine/api'
import { words } from '../../i18n'
import { initials } from './names'

/**
 * The own camera, mirrored as in a mirror unless it looks away from its owner; initials while it is
 * off.
 */
export function SelfView({ call, name }: { call: Call; name: string }) {
  const video = useRef<HTMLVideoElement>(null)
  const { wanted, live, trouble, facing } = call.camera.value
  const stream = wanted ? call.selfStream.value : undefined

  useEffect(() => {
    if (video.current) video.current.srcObject = stream ?? null
  }, [stream])

  const mirrored = facing !== 'environment'
  return (
    <>
      <video
        ref={video}
        class={`picture${mirrored ? ' picture--mirrored' : ''}${stream ? '' : ' picture--none'}`}
        data-testid="video"
        autoplay
        playsInline
        muted
        aria-label={words.value.tile.self}
      />
      {!stream && (
        <span class="initials" aria-hidden="true">
          {initials(name)}
        </span>
      )}
      {wanted && !live && !trouble && (
        <span class="self-state" role="status">
          {words.value.devices.opening.camera}
        </span>
      )}
    </>
  )
}
