import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Action } from '../api'
import { Brand } from '../../pages/parts/icons'
import { LanguageSwitch } from '../../pages/parts/LanguageSwitch'
import { PageTitle } from '../../pages/parts/PageTitle'
import { recall, remember } from '../../pages/parts/storage'
import { flow } from '../desk/live'
import { CallNote } from '../opinion/CallNote'
import { route, to } from '../route'
import { administers, consults, delayable, may, me, receives } from '../session'
import { unread } from '../thread/lines'
import { words, type Catalogue } from '../words'

export type HelpName = keyof Catalogue['help']['pages']

/** The frame of a page for whoever is signed in: the pages they may open, the page, its help. */
export function Frame(props: {
  title: string
  beside?: ComponentChildren
  help: HelpName
  children: ComponentChildren
}) {
  const { common } = words.value
  return (
    <div class="desk">
      <a class="skip" href="#content" onClick={skip}>
        {common.skip}
      </a>
      <header class="desk-top">
        <div class="desk-head">
          <Brand />
          <Navigation />
        </div>
        <FlowNote />
        {me.value?.person.demo && <p class="demo">{common.demo}</p>}
      </header>
      <CallNote />
      <div class="desk-body">
        <main id="content" tabIndex={-1} class="desk-main">
          <div class="desk-title">
            <PageTitle key={props.title}>{props.title}</PageTitle>
            {props.beside}
          </div>
          {props.children}
        </main>
        <Help page={props.help} />
      </div>
    </div>
  )
}

/** A list that may be out of date says so, and says when it is true again. */
function FlowNote() {
  const { flow: sentences } = words.value.common
  const [back, setBack] = useState(false)
  const was = useRef(flow.value)
  useEffect(() => {
    if (flow.value === 'live' && was.current === 'lost') {
      setBack(true)
      const timer = setTimeout(() => setBack(false), backFor)
      was.current = flow.value
      return () => clearTimeout(timer)
    }
    was.current = flow.value
  }, [flow.value])
  const text = flow.value === 'lost' ? sentences.lost : back ? sentences.back : ''
  const look = !text ? 'banner banner--none' : back ? 'banner' : 'banner banner--alert'
  return (
    <div role="status" class={look} data-flow={flow.value}>
      {text && <span class="banner-words">{text}</span>}
    </div>
  )
}

const backFor = 6_000 // ms: long enough to be read

/** A fragment would be taken for a page: the focus goes there without one. */
function skip(event: Event): void {
  event.preventDefault()
  document.getElementById('content')?.focus()
}

function Navigation() {
  const { common } = words.value
  const here = route.value[0] ?? 'day'
  const who = me.value
  const pages = [
    ['day', receives.value],
    ['week', receives.value],
    ['book', may(who, 'appointment.write')],
    ['opinions', consults.value],
    ['threads', receives.value],
    ['figures', may(who, 'figures.view')],
    ['admin', administers.value],
    ['account', true],
  ] as const
  return (
    <nav class="desk-nav" aria-label={common.menu}>
      {pages.map(
        ([page, shown]) =>
          shown && (
            <a
              key={page}
              class="desk-tab"
              href={to(page)}
              aria-current={here === page ? 'page' : undefined}
            >
              {common.nav[page]}
              {page === 'threads' && unread.value > 0 && (
                <span class="chip chip--warn nav-count">
                  <span aria-hidden="true">{unread.value}</span>
                  <span class="unseen">{words.value.thread.document(unread.value)}</span>
                </span>
              )}
            </a>
          ),
      )}
      <LanguageSwitch />
    </nav>
  )
}

const helpKey = 'draille.staff.help'

/** What a step of the help is of no use without. */
const needs: Partial<Record<HelpName, Partial<Record<string, Action>>>> = {
  day: { b: 'call.host', c: 'call.host', d: 'delay.write', e: 'appointment.write' },
  appointment: {
    a: 'link.send',
    b: 'link.send',
    c: 'appointment.write',
    d: 'appointment.write',
  },
}

/** Help beside the page, in its user's words; whoever knows it by heart puts it away. */
export function Help({ page }: { page: HelpName }) {
  const { common, help } = words.value
  const [open, setOpen] = useState(recall(helpKey) !== 'hidden')
  useEffect(() => remember(helpKey, open ? 'shown' : 'hidden'), [open])
  const { title, steps } = help.pages[page]
  const mine = Object.entries(steps).filter(([key]) => {
    const action = needs[page]?.[key]
    if (action === 'delay.write') return delayable(me.value).length > 0
    return !action || may(me.value, action)
  })
  if (mine.length === 0) return null
  return (
    <aside class={open ? 'desk-help' : 'desk-help desk-help--closed'} aria-label={help.region}>
      <button
        type="button"
        class="button button--quiet"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {open ? common.actions.hideHelp : common.actions.showHelp}
      </button>
      {open && (
        <>
          <h2>{title}</h2>
          <ul class="help-steps">
            {mine.map(([key, step]) => (
              <li key={key}>{step}</li>
            ))}
          </ul>
        </>
      )}
    </aside>
  )
}
