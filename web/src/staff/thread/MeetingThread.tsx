import type { Appointment, ThreadLine } from '../api'
import { useDoing } from '../parts/doing'
import { ProblemNote } from '../parts/Problem'
import { post } from '../request'
import { go } from '../route'
import { words } from '../words'

/** The way from a staff meeting to its thread, which its first reader makes. */
export function MeetingThread({ appointment }: { appointment: Appointment }) {
  const { thread } = words.value
  const { busy, problem, run } = useDoing()
  const open = () =>
    run(async () => {
      const path = `/api/appointments/${encodeURIComponent(appointment.id)}/thread`
      const line = await post<ThreadLine>(path)
      go('threads', line.thread.id)
    })
  return (
    <section class="panelcard" aria-labelledby="meeting-thread">
      <h2 id="meeting-thread">{thread.title}</h2>
      <p>{thread.ofMeeting}</p>
      <p>
        <button type="button" class="button" aria-disabled={busy} onClick={() => void open()}>
          {thread.open}
        </button>
      </p>
      <ProblemNote problem={problem} />
    </section>
  )
}
