import type { Row } from '../api'
import { moment } from '../dates'
import { titleOf, useFollowing } from '../desk/state'
import { useReading } from '../parts/reading'
import { to } from '../route'
import { words } from '../words'

/** The reports that wait for the signature of whoever looks, of whatever day. */
export function Unsigned() {
  const { report } = words.value
  const { data, again } = useReading<{ items: Row[] }>('/api/reports/unsigned')
  useFollowing(again, ({ row }) => !!row?.appointment.endedAt)
  if (!data?.items.length) return null
  return (
    <section class="panelcard" aria-labelledby="unsigned">
      <h2 id="unsigned">
        {report.unsigned} <span class="count">{data.items.length}</span>
      </h2>
      <ul>
        {data.items.map((row) => (
          <li key={row.appointment.id}>
            <a class="inlink" href={to('appointment', row.appointment.id)}>
              {titleOf(row)}
            </a>{' '}
            <span class="soft">
              {[moment(row.appointment.startsAt, row.appointment.zone), row.serviceName]
                .filter((part) => part)
                .join(' · ')}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
