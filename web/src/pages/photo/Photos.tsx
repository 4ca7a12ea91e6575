import { useEffect, useState } from 'preact/hooks'
import type { Call } from '../../engine/api'
import { aside } from '../call/aside'
import { mayAdmit } from '../call/desk'
import { Dialog } from '../parts/Dialog'
import { Album, type Here, type Sending } from './album'
import { leftIn } from './left'
import './Photos.css'
import { Taking, type Camera } from './Taking'
import { Viewer } from './Viewer'
import { photoWords } from './words'

const albums = new WeakMap<Call, Album>()

function albumOf(call: Call): Album {
  const album = albums.get(call) ?? new Album(call)
  albums.set(call, album)
  return album
}

/** What there is of photos in a call: a line for each, and the dialog that is open. */
export function Photos({ call }: { call: Call }) {
  const sentences = photoWords.value
  const album = albumOf(call)
  const [open, setOpen] = useState(0)
  useEffect(() => void aside.load(), []) // the lens, and where the focus goes
  const photos = album.photos.value
  const here = photos.find(({ info }) => info.number === open)
  const nameOf = ({ info }: Here) => [info.number, info.name] as const
  const shown = photos.filter(({ gone }) => !gone)
  return (
    <>
      {(shown.length > 0 || album.sending.value || album.lost.value) && (
        <section class="photos" aria-label={sentences.title}>
          {album.sending.value && <State sending={album.sending.value} call={call} />}
          {album.lost.value && (
            <p class="photos-state" role="status">
              {sentences.lostOf(album.lost.value)}
            </p>
          )}
          {shown.map((one) => (
            <Line key={one.info.number} call={call} here={one} onOpen={setOpen} />
          ))}
        </section>
      )}
      {here && (
        <Viewer
          key={open}
          call={call}
          album={album}
          here={here}
          title={sentences.one(...nameOf(here))}
          onClose={() => {
            album.close(here)
            setOpen(0)
          }}
        />
      )}
      {!here && album.asked.value && (
        <Taking
          camera={cameraOf(call)}
          title={sentences.request(album.asked.value)}
          text={sentences.requestText}
          onTaken={(file) => void album.send(file)}
          onClose={() => (album.asked.value = '')}
        />
      )}
    </>
  )
}

function Line(props: { call: Call; here: Here; onOpen: (n: number) => void }) {
  const sentences = photoWords.value
  const { call, here, onOpen } = props
  const { number: photo, name, shown } = here.info
  return (
    <div class="photos-line">
      <button type="button" class="button" onClick={() => onOpen(photo)}>
        {sentences.open(photo, name)}
      </button>
      {mayAdmit(call) && call.people.value.length > 2 && (
        <button
          type="button"
          class="button"
          onClick={() => call.act({ type: 'photoshow', photo, shown: !shown })}
        >
          {shown ? sentences.hide : sentences.show}
          <span class="unseen"> : {sentences.one(photo, name)}</span>
        </button>
      )}
      {(mayAdmit(call) || here.mine) && (
        <button
          type="button"
          class="button"
          onClick={() => call.act({ type: 'photodrop', photo })}
        >
          {sentences.remove}
          <span class="unseen"> : {sentences.one(photo, name)}</span>
        </button>
      )}
    </div>
  )
}

/** How far the photo is that goes out, in words. */
function State({ sending, call }: { sending: Sending; call: Call }) {
  const sentences = photoWords.value
  const { state, sent, size, bitrate } = sending
  const percent = size ? Math.floor((100 * sent) / size) : 0
  const left = leftIn(bitrate ? (8 * (size - sent)) / bitrate : 0)
  const going = () => {
    if (call.link.value.state === 'lost') return sentences.cut(percent)
    return bitrate ? sentences.sending(percent, left) : sentences.paused(percent)
  }
  return (
    <p
      class="photos-state"
      role="status"
      aria-live={state === 'sending' ? 'off' : 'polite'}
      data-state={state}
    >
      {state === 'sending' ? going() : sentences[state]}
    </p>
  )
}

/** The camera that the call holds. */
function cameraOf(call: Call): Camera {
  const { choices, facing } = call.camera.value
  const stream = call.selfStream.value
  return {
    stream: stream?.getVideoTracks().length ? stream : undefined,
    flip: facing !== undefined || choices.length > 1 ? () => void call.flipCamera() : undefined,
  }
}

/** Whom the staff ask for a photo. */
export function AskPhoto({ call, onClose }: { call: Call; onClose: () => void }) {
  const sentences = photoWords.value
  const [own, setOwn] = useState(false)
  const [told, setTold] = useState('')
  if (own)
    return (
      <Taking
        camera={cameraOf(call)}
        title={sentences.own}
        text={sentences.ownText}
        onTaken={(file) => {
          onClose()
          void albumOf(call).send(file)
        }}
        onClose={onClose}
      />
    )
  const others = call.people.value.filter(({ me }) => !me)
  return (
    <Dialog title={sentences.ask} onClose={onClose}>
      <p>{others.length ? sentences.askText : sentences.nobody}</p>
      <div class="actions">
        {others.map(({ id, name }) => (
          <button
            key={id}
            type="button"
            class="button"
            onClick={() => {
              call.act({ type: 'photoask', participant: id })
              setTold(name)
            }}
          >
            {sentences.askWho(name)}
          </button>
        ))}
        <button type="button" class="button" onClick={() => setOwn(true)}>
          {sentences.own}
        </button>
      </div>
      <p role="status">{told && sentences.asked(told)}</p>
    </Dialog>
  )
}
