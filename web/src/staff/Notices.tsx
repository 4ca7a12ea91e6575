import { useState } from 'preact/hooks'
import type { WantNotices } from './api'
import { useDoing } from './parts/doing'
import { CheckField } from './parts/Field'
import { ProblemNote } from './parts/Problem'
import { put } from './request'
import { me, tellMe } from './session'
import { words } from './words'

/** Whether mails say what waits for whoever is signed in. */
export function Notices() {
  const { common } = words.value
  const { account } = common
  const { person, notices } = me.value!
  const { busy, problem, done, run } = useDoing()
  const [chosen, setChosen] = useState<boolean>() // until the server has answered
  const want = async (on: boolean) => {
    if (busy) return
    setChosen(on)
    const body: WantNotices = { notices: on }
    const answer = await run(() => put('/api/me/notices', body), common.saved)
    if (answer && me.value) tellMe({ ...me.value, notices: on })
    setChosen(undefined)
  }
  return (
    <section class="panelcard" aria-labelledby="notices">
      <h2 id="notices">{account.notices}</h2>
      {person.email ? (
        <>
          <CheckField
            label={account.noticesOn}
            checked={chosen ?? notices}
            onChecked={(on) => void want(on)}
          />
          <p class="soft">
            {account.noticesText} {person.email}
          </p>
        </>
      ) : (
        <p class="soft">{account.noAddress}</p>
      )}
      <ProblemNote problem={problem} />
      <p role="status">{done}</p>
    </section>
  )
}
