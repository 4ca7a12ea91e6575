import { useEffect, useId, useState } from 'preact/hooks'
import { Icon } from '../../pages/parts/icons'
import { canTell } from './tell'
import { words } from './words'

const drawn = 'M3 4h18v11H3ZM8 20h8M12 15v5M12 7v3M12 12h.01'

type Said = 'asking' | 'on' | 'unanswered'

/** What the browser allows now, also where that is changed beside this page. */
function usePermission() {
  const read = () => (canTell() ? Notification.permission : undefined)
  const [permission, setPermission] = useState(read)
  const look = () => setPermission(read())
  useEffect(() => {
    if (!permission) return
    let status: PermissionStatus | undefined
    let gone = false
    const listen = async () => {
      const found = await navigator.permissions.query({ name: 'notifications' })
      if (gone) return
      status = found
      status.addEventListener('change', look)
    }
    listen().catch(() => {}) // a browser that does not tell: what a tap here has changed is known
    return () => {
      gone = true
      status?.removeEventListener('change', look)
    }
  }, [])
  return { permission, look }
}

/**
 * Offers notifications to whoever has not decided, by a tap and never unasked; tells whoever has
 * blocked them how to allow them. In a call it is an entry of the menu.
 */
export function Offer({ where }: { where: 'call' | 'day' }) {
  const { permission, look } = usePermission()
  const [said, setSaid] = useState<Said>()
  const [open, setOpen] = useState(false)
  const why = useId()
  const sentences = words.value
  if (!permission || (permission === 'granted' && !said)) return null
  const blocked = permission === 'denied'
  const asking = said === 'asking'
  const ask = async () => {
    setSaid('asking')
    const answer = await Notification.requestPermission()
    look()
    setSaid(answer === 'granted' ? 'on' : answer === 'default' ? 'unanswered' : undefined)
  }
  const Frame = where === 'call' ? 'li' : 'div'
  return (
    <Frame class="outside">
      {permission !== 'granted' && (
        <button
          type="button"
          class={where === 'call' ? 'item' : 'button button--quiet'}
          aria-expanded={blocked ? open : undefined}
          aria-describedby={blocked ? undefined : why}
          aria-disabled={asking}
          onClick={() => (blocked ? setOpen(!open) : asking || void ask())}
        >
          <Icon drawn={drawn} />
          {blocked ? sentences.blocked : sentences.offer}
        </button>
      )}
      {permission === 'default' && (
        <p id={why} class="soft">
          {sentences.why[where]}
        </p>
      )}
      {blocked && open && (
        <ol class="help">
          {(safari() ? sentences.helpSafari : sentences.help).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ol>
      )}
      <p role="status">{said && sentences[said]}</p>
    </Frame>
  )
}

/** Chrome and its kin say that they are Safari, too. */
const safari = () => /^(?!.*Chrom).*Safari/.test(navigator.userAgent)
