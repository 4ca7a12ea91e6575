import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Question } from '../../../pages/parts/Dialog'
import { forget } from '../../../picture/kept'
import type { Picture } from '../../api'
import { useDoing } from '../../parts/doing'
import { ProblemNote } from '../../parts/Problem'
import { remove } from '../../request'
import { me } from '../../session'
import { words } from '../../words'
import { dismiss, mayHurry, pathOf, sendAnyway, type Item } from './sending'
import { minutesLeft, percentOf } from './upload'

const sentencesOf = ({ sound }: { sound: boolean }) =>
  words.value.opinion[sound ? 'sounds' : 'pictures']

type OneProps = {
  number: number
  picture: Picture
  item?: Item
  mayRemove: boolean
  children: ComponentChildren // what is seen or heard of it
}

/** A picture or a sound of a question, how far it is, and the button that removes it. */
export function One({ number, picture, item, mayRemove, children }: OneProps) {
  const { common } = words.value
  const sentences = sentencesOf(picture)
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
      {children}
      {item ? <State item={item} /> : <p class="soft">{stateOf(picture)}</p>}
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
function stateOf(picture: Picture): string {
  const { whole, stopped, coming } = sentencesOf(picture)
  if (picture.wholeAt) return whole
  return picture.madeBy === me.value?.person.id ? stopped : coming
}

/** How far a picture has gone, in words. */
export function State({ item }: { item: Item }) {
  const sentences = sentencesOf(item)
  const { state, upload, problem } = item
  const over = state === 'refused' || state === 'unreadable' || (state === 'cut' && !item.picture)
  const left = upload && minutesLeft(upload)
  const percent = upload ? percentOf(upload) : 0
  const said = {
    sending: sentences.sending(percent) + (left === undefined ? '' : `, ${sentences.left(left)}`),
    beside: sentences.beside(percent),
  }
  return (
    <div role="status">
      {state === 'refused' && <ProblemNote problem={problem} />}
      {state !== 'refused' && (
        <p class="soft">
          {state === 'sending' || state === 'beside' ? said[state] : sentences[state]}
        </p>
      )}
      {mayHurry(item) && (
        <button type="button" class="button" onClick={() => sendAnyway(item.key)}>
          {sentences.anyway}
        </button>
      )}
      {over && (
        <button type="button" class="button" onClick={() => dismiss(item.key)}>
          {sentences.dismiss}
        </button>
      )}
    </div>
  )
}
