import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { DeviceTrouble } from '../../engine/api'
import { words } from '../../i18n'
import { Dialog } from '../parts/Dialog'
import { take } from './take'
import { photoWords } from './words'

/** Where a photo is framed, whoever has opened it. */
export type Camera = {
  stream?: MediaStream
  trouble?: DeviceTrouble
  /** Goes on to the next one; undefined: there is no other. */
  flip?: () => void
}

type TakingProps = {
  title: string
  text: string
  camera: Camera
  /** Shows a photo before it counts as taken; it may be taken again. */
  review?: (taken: Blob, again: (unreadable: boolean) => void) => ComponentChildren
  onTaken: (file: Blob) => void
  onClose: () => void
}

/** Takes a photo with a camera that is open, or with the device's own program. */
export function Taking({ title, text, camera, review, onTaken, onClose }: TakingProps) {
  const sentences = photoWords.value
  const [state, setState] = useState<'before' | 'taking' | 'untaken' | 'unreadable'>('before')
  const [taken, setTaken] = useState<Blob>()
  const got = (file: Blob) => {
    setState('before')
    if (review) setTaken(file)
    else onTaken(file)
  }
  const shoot = async () => {
    if (state === 'taking') return
    setState('taking')
    try {
      got(await take(camera.stream!.getVideoTracks()[0]!))
    } catch {
      setState('untaken')
    }
  }
  const again = (unreadable: boolean) => {
    setTaken(undefined)
    setState(unreadable ? 'unreadable' : 'before')
  }
  return (
    <Dialog title={title} onClose={onClose}>
      {taken && review ? (
        review(taken, again)
      ) : (
        <>
          <p>{text}</p>
          <Frame stream={camera.stream} />
          <p role="status">
            {state !== 'before'
              ? sentences[state]
              : camera.trouble && words.value.devices.trouble.camera[camera.trouble]}
          </p>
          <Means
            camera={camera}
            taking={state === 'taking'}
            onShoot={() => void shoot()}
            onFile={got}
            onClose={onClose}
          />
        </>
      )}
    </Dialog>
  )
}

type MeansProps = {
  camera: Camera
  taking: boolean
  onShoot: () => void
  onFile: (file: Blob) => void
  onClose: () => void
}

function Means({ camera, taking, onShoot, onFile, onClose }: MeansProps) {
  const sentences = photoWords.value
  return (
    <div class="actions">
      {camera.stream && (
        <button
          type="button"
          class="button button--primary"
          aria-disabled={taking}
          onClick={onShoot}
        >
          {sentences.take}
        </button>
      )}
      <label class="button photos-file">
        {sentences.device}
        <input
          type="file"
          accept="image/jpeg,image/png,image/webp"
          capture="environment"
          onChange={({ currentTarget: { files } }) => files?.[0] && onFile(files[0])}
        />
      </label>
      {camera.stream && camera.flip && (
        <button type="button" class="button" onClick={camera.flip}>
          {sentences.flip}
        </button>
      )}
      <button type="button" class="button" onClick={onClose}>
        {sentences.notNow}
      </button>
    </div>
  )
}

function Frame({ stream }: { stream?: MediaStream }) {
  const video = useRef<HTMLVideoElement>(null)
  useEffect(() => {
    if (video.current) video.current.srcObject = stream ?? null
  }, [stream])
  if (!stream?.getVideoTracks().length) return null
  return <video ref={video} class="photos-frame" autoplay muted playsInline />
}
