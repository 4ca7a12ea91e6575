import { useEffect, useState } from 'preact/hooks'
import { Question } from '../../../pages/parts/Dialog'
import type { OpinionLine, Picture } from '../../api'
import { useDoing } from '../../parts/doing'
import { ProblemNote } from '../../parts/Problem'
import { remove } from '../../request'
import { me } from '../../session'
import { words } from '../../words'
import { forget } from '../../../picture/kept'
import { most, Picker } from './Picker'
import { attach, dismiss, goOn, items, pathOf, type Item } from './sending'
import { minutesLeft } from './upload'
import { Viewer } from './Viewer'

type PicturesProps = { line: OpinionLine; onLine: (line: OpinionLine) => void }

/** The pictures of a question: those that are here, and those that this page sends. */
export function Pictures({ line, onLine }: PicturesProps) {
  const { pictures: sentences } = words.value.opinion
  const { opinion, pictures, mayAsk } = line
  const [open, setOpen] = useState<string>()
  const looked = pictures.find(({ id }) => id === open)
  const own = items.value.filter((item) => item.opinion === opinion.id)
  const unknown = own.filter(({ picture }) => !pictures.some(({ id }) => id === picture))
  useEffect(() => {
    if (mayAsk && !opinion.endedAt) void goOn(opinion.id, pictures)
  }, [opinion.id, pictures])
  const mayAdd = mayAsk && !opinion.endedAt
  if (!mayAdd && pictures.length === 0) return null
  return (
    <section class="panelcard" aria-label={sentences.title}>
      <h2>{sentences.title}</h2>
      <ul class="pictures">
        {pictures.map((one, i) => (
          <One
            key={one.id}
            number={i + 1}
            picture={one}
            item={own.find(({ picture }) => picture === one.id)}
            marks={line.marks[one.id]?.length ?? 0}
            mayRemove={mayAsk}
            onOpen={() => setOpen(one.id)}
          />
        ))}
        {unknown.map((item) => (
          <li key={item.key}>
            <State item={item} />
          </li>
        ))}
      </ul>
      {mayAdd && (
        <Picker
          free={most - pictures.length - unknown.length}
          onFiles={(files) => attach(opinion.id, files, pictures)}
        />
      )}
      {looked && (
        <Viewer
          key={open}
          title={sentences.one(1 + pictures.indexOf(looked))}
          picture={looked}
          line={line}
          onLine={onLine}
          onClose={() => setOpen(undefined)}
        />
      )}
    </section>
  )
}

type OneProps = {
  number: number
  picture: Picture
  item?: Item
  marks: number
  mayRemove: boolean
  onOpen: () => void
}

function One({ number, picture, item, marks, mayRemove, onOpen }: OneProps) {
  const { opinion, common } = words.value
  const { pictures: sentences } = opinion
  const [asking, setAsking] = useState(false)
  const { problem, run } = useDoing()
  const path = pathOf(picture.opinion, picture.id)
  const take = async () => {
    setAsking(false)
    if (item) dismiss(item.key)
    await forget(picture.id)
    await run(() => remove(path))
  }
  return (
    <li>
      <button
        type="button"
        class="pictures-open"
        aria-label={sentences.open(number)}
        onClick={onOpen}
      >
        <img src={`${path}/preview`} alt="" />
      </button>
      {item ? <State item={item} /> : <p class="soft">{stateOf(picture)}</p>}
      {marks > 0 && <p class="soft">{sentences.marked(marks)}</p>}
      <ProblemNote problem={problem} />
      {mayRemove && (
        <button type="button" class="button" onClick={() => setAsking(true)}>
          {common.actions.remove}
          <span class="unseen"> : {sentences.one(number)}</span>
        </button>
      )}
      {asking && (
        <Question
          title={sentences.remove(number)}
          text={sentences.surely}
          yes={common.actions.remove}
          no={common.actions.cancel}
          onYes={() => void take()}
          onNo={() => setAsking(false)}
        />
      )}
    </li>
  )
}

/** What is said of a picture that this page does not send. */
function stateOf({ wholeAt, madeBy }: Picture): string {
  const { pictures } = words.value.opinion
  if (wholeAt) return pictures.whole
  return madeBy === me.value?.person.id ? pictures.stopped : pictures.coming
}

/** How far a picture has gone, in words. */
function State({ item }: { item: Item }) {
  const { pictures } = words.value.opinion
  const { state, upload, problem } = item
  const over = state === 'refused' || state === 'unreadable' || (state === 'cut' && !item.picture)
  const offset = upload?.offset ?? 0
  const left = upload && minutesLeft(upload)
  const sending =
    pictures.sending(upload ? Math.floor((100 * offset) / upload.size) : 0) +
    (left === undefined ? '' : `, ${pictures.left(left)}`)
  return (
    <div role="status">
      {state === 'refused' && <ProblemNote problem={problem} />}
      {state !== 'refused' && (
        <p class="soft">{state === 'sending' ? sending : pictures[state]}</p>
      )}
      {over && (
        <button type="button" class="button" onClick={() => dismiss(item.key)}>
          {pictures.dismiss}
        </button>
      )}
    </div>
  )
}
