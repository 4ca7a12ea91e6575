import type { Conflict } from '../api'
import { clock } from '../dates'
import { to } from '../route'
import { words } from '../words'

/** Who or what is taken at that time. */
export function Conflicts({ conflicts, zone }: { conflicts: Conflict[]; zone: string }) {
  const { conflicts: sentences } = words.value.booking
  return (
    <div role="alert">
      {conflicts.length > 0 && (
        <div class="trouble">
          <p class="trouble-words">{sentences.title}</p>
          <ul>
            {conflicts.map((one) => {
              const text = sentences.one(
                one.name,
                clock(one.startsAt, zone),
                clock(one.endsAt, zone),
              )
              return (
                <li key={`${one.with} ${one.id} ${one.startsAt}`}>
                  {one.appointment ? (
                    <a class="inlink" href={to('appointment', one.appointment)} target="_blank">
                      {text}
                    </a>
                  ) : (
                    text
                  )}
                </li>
              )
            })}
          </ul>
        </div>
      )}
    </div>
  )
}
