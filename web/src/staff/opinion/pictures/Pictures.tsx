import { useEffect, useState } from 'preact/hooks'
import { maxPictures, type OpinionLine } from '../../api'
import { words } from '../../words'
import { One, State } from './One'
import { Picker } from './Picker'
import { attach, goOn, items, pathOf } from './sending'
import { Viewer } from './Viewer'

type PicturesProps = { line: OpinionLine; onLine: (line: OpinionLine) => void }

/** The pictures of a question: those that are here, and those that this page sends. */
export function Pictures({ line, onLine }: PicturesProps) {
  const { pictures: sentences } = words.value.opinion
  const { opinion, mayAsk } = line
  const pictures = line.pictures.filter(({ sound }) => !sound)
  const [open, setOpen] = useState<string>()
  const looked = pictures.find(({ id }) => id === open)
  const own = items.value.filter((item) => item.opinion === opinion.id && !item.sound)
  const shown = pictures.map((one) => {
    const item = own.find(({ picture }) => picture === one.id)
    const there = one.previewed ? `${pathOf(opinion.id, one.id)}/preview` : ''
    return { one, item, preview: item?.preview ?? there }
  })
  const unknown = own.filter(({ picture }) => !pictures.some(({ id }) => id === picture))
  useEffect(() => {
    if (mayAsk && !opinion.endedAt) void goOn(opinion.id, line.pictures)
  }, [opinion.id, line.pictures])
  const mayAdd = mayAsk && !opinion.endedAt
  if (!mayAdd && pictures.length === 0) return null
  return (
    <section class="panelcard" aria-label={sentences.title}>
      <h2>{sentences.title}</h2>
      <ul class="pictures">
        {shown.map(({ one, item, preview }, i) => (
          <One
            key={one.id}
            number={i + 1}
            picture={one}
            item={item}
            mayRemove={mayAsk}
          >
            {preview && (
              <button
                type="button"
                class="pictures-open"
                aria-label={sentences.open(i + 1)}
                onClick={() => setOpen(one.id)}
              >
                <img src={preview} alt="" />
              </button>
            )}
            <Marked count={line.marks[one.id]?.length ?? 0} />
          </One>
        ))}
        {unknown.map((item) => (
          <li key={item.key}>
            <State item={item} />
          </li>
        ))}
      </ul>
      {mayAdd && (
        <Picker
          free={maxPictures - pictures.length - unknown.length}
          onFiles={(files) => attach(opinion.id, files, pictures)}
        />
      )}
      {looked && (
        <Viewer
          key={open}
          title={sentences.one(1 + pictures.indexOf(looked))}
          picture={looked}
          line={line}
          isSent={own.some(({ picture }) => picture === looked.id)}
          onLine={onLine}
          onClose={() => setOpen(undefined)}
        />
      )}
    </section>
  )
}

function Marked({ count }: { count: number }) {
  if (!count) return null
  return <p class="soft">{words.value.opinion.pictures.marked(count)}</p>
}
