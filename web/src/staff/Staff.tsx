import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { importWithRetry } from '../engine/importWithRetry'
import { keepFocus } from '../pages/later/keepFocus'
import { Dialog } from '../pages/parts/Dialog'
import { PageTitle } from '../pages/parts/PageTitle'
import { Shell } from '../pages/parts/Shell'
import { AccountPage } from './AccountPage'
import type { ErrorCode } from './api'
import { AppointmentPage } from './booking/AppointmentPage'
import { BookPage } from './booking/BookPage'
import { DayPage } from './desk/DayPage'
import { ringing, startLive } from './desk/live'
import { startSound } from './desk/sound'
import { WeekPage } from './desk/WeekPage'
import { NoInvitation } from './NoInvitation'
import { ProblemNote } from './parts/Problem'
import { startAsking } from './report/asking'
import { get, problemOf, type Problem } from './request'
import { route, to } from './route'
import { administers, consults, ended, me, may, readMe, receives, trouble } from './session'
import { Enrol } from './sign/Enrol'
import { SignIn } from './sign/SignIn'
import { unread } from './thread/lines'
import { Tour } from './Tour'
import { words } from './words'

export function Staff() {
  useEffect(keepFocus, [])
  if (location.pathname === '/enrol') return <Enrol />
  if (location.pathname === '/tablet') return <Later page="tablet" />
  return <Desk />
}

/** What is large and not everybody's comes when it is opened. */
const laterPages = {
  admin: () => import('./admin/AdminPage').then(({ AdminPage }) => AdminPage),
  figures: () => import('./figures/FiguresPage').then(({ FiguresPage }) => FiguresPage),
  opinions: () => import('./opinion/OpinionsPage').then(({ OpinionsPage }) => OpinionsPage),
  threads: () => import('./thread/ThreadsPage').then(({ ThreadsPage }) => ThreadsPage),
  tablet: () => import('./tablet/Tablet').then(({ Tablet }) => Tablet),
}

function Later({ page }: { page: keyof typeof laterPages }) {
  const [loaded, setLoaded] = useState<{ Page: ComponentType }>()
  const [problem, setProblem] = useState<Problem>()
  const fetchPage = async () => {
    setProblem(undefined)
    try {
      const Page = (await importWithRetry(laterPages[page])) as ComponentType
      setLoaded({ Page })
    } catch (error) {
      setProblem({ code: 'unreached', message: String(error) })
    }
  }
  useEffect(() => void fetchPage(), [page])
  if (loaded) return <loaded.Page />
  return (
    <Shell>
      {problem ? (
        <ProblemNote problem={problem} onRetry={() => void fetchPage()} />
      ) : (
        <p role="status">{words.value.common.loading}</p>
      )}
    </Shell>
  )
}

/** What a provider said when it sent somebody back: /#sign-in=CODE. */
function returned(): Problem | undefined {
  const code = /^#sign-in=([a-z-]+)$/.exec(location.hash)?.[1]
  return code ? { code: code as ErrorCode, message: '' } : undefined
}

function Desk() {
  const [problem] = useState(returned)
  const [practice, setPractice] = useState(true)
  useEffect(() => {
    if (problem) history.replaceState(null, '', '/')
    // A server without the practice knows no sign-in: who comes here lacks an invitation.
    void readMe().then(async () => {
      if (trouble.peek()?.code !== 'not-found') return
      await get('/api/sign-in').catch((error) => {
        if (problemOf(error).code === 'not-found') setPractice(false)
      })
    })
  }, [])
  if (!practice) return <NoInvitation />
  if (me.value === null) return <SignInPage problem={problem} />
  if (!me.value)
    return (
      <Shell>
        {trouble.value ? (
          <ProblemNote problem={trouble.value} onRetry={() => void readMe()} />
        ) : (
          <p role="status">{words.value.common.loading}</p>
        )}
      </Shell>
    )
  return <SignedIn />
}

function SignInPage({ problem }: { problem?: Problem }) {
  const { sign } = words.value
  useTitle(sign.title)
  return (
    <Shell>
      <div class="step">
        <SignIn problem={problem} />
        <p class="soft">
          {sign.patient}{' '}
          <a class="inlink" href="/r/">
            {sign.lostLink}
          </a>
        </p>
        <p class="soft">
          <a class="inlink" href="/tablet">
            {sign.tablet}
          </a>
        </p>
      </div>
    </Shell>
  )
}

function SignedIn() {
  const { common, day } = words.value
  useEffect(startSound, [])
  useEffect(startAsking, [])
  useEffect(() => (ended.value ? undefined : startLive()), [ended.value])
  const waiting = ringing.value.length
  const page = route.value[0] ?? 'day'
  const names: Record<string, string> = { ...common.nav, ...pageNames() }
  const written = unread.value > 0 ? `(${words.value.thread.document(unread.value)}) ` : ''
  useTitle(waiting > 0 ? day.document(waiting) : written + (names[page] ?? day.title))
  return (
    <>
      <Page />
      {!ended.value && <Tour />}
      {ended.value && <SignInAgain />}
    </>
  )
}

const pageNames = () => ({ appointment: words.value.booking.view.title })

/** The page below stays as it is: what was typed there is not lost. */
function SignInAgain() {
  const { common } = words.value
  return (
    <Dialog title={common.ended.title} onClose={() => void readMe()} question>
      <p>{common.ended.text}</p>
      <SignIn aside />
    </Dialog>
  )
}

function Page() {
  const [page, id, sub] = route.value
  const who = me.value
  switch (page) {
    case 'account':
      return <AccountPage />
    case 'admin':
      if (administers.value) return <Later page="admin" />
      break
    case 'opinions':
      if (consults.value) return <Later page="opinions" />
      break
    case 'threads':
      if (receives.value) return <Later page="threads" />
      break
    case 'figures':
      if (may(who, 'figures.view')) return <Later page="figures" />
      break
    case 'book':
      if (may(who, 'appointment.write')) return <BookPage />
      break
    case 'week':
      if (receives.value) return <WeekPage />
      break
    case 'appointment':
      if (id) return <AppointmentPage key={id} id={id} made={sub === 'made'} />
  }
  if (receives.value) return <DayPage />
  if (administers.value) return <Later page="admin" />
  return <NoRights />
}

function NoRights() {
  const { noRights, nav } = words.value.common
  return (
    <Shell>
      <div class="step">
        <PageTitle>{noRights.title}</PageTitle>
        <p class="lead">{noRights.text}</p>
        <a class="button" href={to('account')}>
          {nav.account}
        </a>
      </div>
    </Shell>
  )
}

function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} – Draille`
  }, [title])
}
