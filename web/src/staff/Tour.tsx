import { signal } from '@preact/signals'
import { useState } from 'preact/hooks'
import { Dialog } from '../pages/parts/Dialog'
import { recall, remember } from '../pages/parts/storage'
import { may, me, receives } from './session'
import { words } from './words'

const key = 'draille.staff.tour'

/** Open on the first day in this browser, and whenever it is asked for. */
export const tourOpen = signal(recall(key) !== 'seen')

/** The first day in a few sentences, those that concern whoever is here. */
export function Tour() {
  const { help, common } = words.value
  const { tour } = help
  const [index, setIndex] = useState(0)
  const steps = [
    receives.value && tour.steps.receives,
    may(me.value, 'call.host') && tour.steps.begin,
    may(me.value, 'appointment.write') && tour.steps.book,
    may(me.value, 'people.manage') && tour.steps.admin,
    tour.steps.help,
  ].filter((step) => step !== false)
  const close = () => {
    remember(key, 'seen')
    tourOpen.value = false
    setIndex(0)
  }
  if (!tourOpen.value) return null
  const last = index >= steps.length - 1
  return (
    <Dialog title={tour.title} onClose={close}>
      <p class="soft">{tour.step(index + 1, steps.length)}</p>
      <p class="lead" role="status">
        {steps[index]}
      </p>
      <div class="actions">
        <button
          type="button"
          class="button button--primary"
          onClick={() => (last ? close() : setIndex(index + 1))}
        >
          {last ? common.actions.endTour : common.actions.next}
        </button>
        {!last && (
          <button type="button" class="button" onClick={close}>
            {common.actions.skipTour}
          </button>
        )}
      </div>
    </Dialog>
  )
}
