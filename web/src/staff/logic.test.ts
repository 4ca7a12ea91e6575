// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest'
import { language } from '../i18n/language'
import { partsOf } from './admin/Received'
import { jsonOf, kindOf } from './admin/Settings'
import type { Me } from './api'
import {
  clock,
  dateIn,
  dayName,
  moment,
  ownZone,
  plusDays,
  shortDate,
  weekOf,
} from './dates'
import { searchOf } from './finding'
import { failureIn, query } from './request'
import { routeOf } from './route'
import { ruleOf } from './rule'
import { delayable, may } from './session'

beforeEach(() => {
  language.value = 'fr'
})

describe('a patient is looked for', () => {
  it.each([
    ['', undefined],
    ['d', undefined],
    ['000003', { ipp: '000003' }],
    ['A12345', { ipp: 'A12345' }],
    ['trois', { name: 'trois' }],
    ['trois 28/03/1979', { name: 'trois', birthDate: '1979-03-28' }],
    ['28.3.1979  demo-trois', { name: 'demo-trois', birthDate: '1979-03-28' }],
    ['trois 1979-03-28', { name: 'trois', birthDate: '1979-03-28' }],
    ['28/03/1979', undefined],
    ['trois 31/02/1979', undefined],
    ['trois 28/03', undefined],
  ])('by %j: %j', (typed, search) => {
    expect(searchOf(typed)).toEqual(search)
  })
})

describe('a rule of RFC 5545', () => {
  it.each([
    ['week', '2026-12-01T09:00', 'FREQ=WEEKLY;BYDAY=TU;COUNT=10'],
    ['twoWeeks', '2026-12-06T09:00', 'FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;COUNT=10'],
    ['day', '2026-12-01T09:00', 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=10'],
    ['month', '2026-12-08T09:00', 'FREQ=MONTHLY;BYDAY=2TU;COUNT=10'],
    ['month', '2026-12-29T09:00', 'FREQ=MONTHLY;BYDAY=-1TU;COUNT=10'],
  ] as const)('every %s from %s: %s', (every, start, rule) => {
    expect(ruleOf({ every, count: 10 }, start)).toBe(rule)
  })
})

describe('times', () => {
  it('say the first of a month as people do', () => {
    expect(dayName('2026-12-01')).toBe('mardi 1er décembre 2026')
    expect(dayName('2026-12-11')).toBe('vendredi 11 décembre 2026')
    expect(dayName('2027-01-01')).toBe('vendredi 1er janvier 2027')
  })
  const instant = Date.parse('2026-12-01T23:30:00Z')
  it('are those of the zone', () => {
    expect(clock(instant, 'Europe/Paris')).toBe('00:30')
    expect(dateIn(instant, 'Europe/Paris')).toBe('2026-12-02')
    expect(dateIn(instant, 'America/Martinique')).toBe('2026-12-01')
    expect(shortDate('1979-03-28')).toBe('28/03/1979')
    expect(shortDate('')).toBe('')
  })

  it('of an appointment name their zone where the device shows another, and only there', () => {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone
    expect(moment(instant, ownZone)).not.toContain('heure')
    expect(moment(instant, here)).toBe(moment(instant, ownZone))
    expect(moment(instant, 'Pacific/Noumea')).toMatch(/^2 déc\. 2026.* 10:30 \(heure de Noumea\)$/)
    expect(moment(instant, 'No/Where'), 'a zone that this browser does not know').toBe(
      moment(instant, ownZone),
    )
  })

  it('pass the ends of months, years and summer time', () => {
    expect(plusDays('2026-12-31', 1)).toBe('2027-01-01')
    expect(plusDays('2028-03-01', -1)).toBe('2028-02-29')
    expect(plusDays('2027-03-28', 1)).toBe('2027-03-29')
    expect(weekOf('2026-12-06')).toEqual({ from: '2026-11-30', to: '2026-12-06' })
    expect(weekOf('2026-11-30')).toEqual({ from: '2026-11-30', to: '2026-12-06' })
  })
})

describe('rights', () => {
  const me = {
    may: [
      { establishment: 'E1', service: 'V1', actions: ['day.view', 'call.host'] },
      { establishment: 'E1', service: '', actions: ['patient.find'] },
      { establishment: '', service: '', actions: ['audit.view'] },
    ],
  } as unknown as Me
  it.each([
    ['day.view', 'E1', 'V1', true],
    ['day.view', 'E1', 'V2', false],
    ['day.view', 'E1', '', true],
    ['day.view', 'E2', '', false],
    ['day.view', '', '', true],
    ['patient.find', 'E1', 'V2', true],
    ['audit.view', 'E2', '', true],
    ['people.manage', '', '', false],
  ] as const)('%s in %s, %s: %s', (action, establishment, service, allowed) => {
    expect(may(me, action, establishment, service)).toBe(allowed)
  })

  it('are of no use for delays where there is no service to announce one for', () => {
    const may = [{ establishment: 'E1', actions: ['delay.write'] }]
    const service = { id: 'V1', establishment: 'E1' }
    const who = (services: object[]) => ({ may, services }) as unknown as Me
    expect(delayable(who([])), 'a nurse of a home').toEqual([])
    expect(delayable(who([{ ...service, establishment: 'E2' }]))).toEqual([])
    expect(delayable(who([{ ...service, closed: true }]))).toEqual([])
    expect(delayable(who([service]))).toEqual([service])
  })

  it('of nobody are none', () => {
    expect(may(null, 'day.view')).toBe(false)
  })
})

describe('what is refused', () => {
  it('is the failure that the server told', () => {
    expect(failureIn('{"code":"wrong","message":"no"}', 401)).toEqual({
      code: 'wrong',
      message: 'no',
    })
  })

  it('is read by its status when a proxy answers', () => {
    expect(failureIn('<h1>Bad gateway</h1>', 502).code).toBe('unreached')
    expect(failureIn('', 401).code).toBe('signed-out')
    expect(failureIn('null', 500).code).toBe('internal')
  })
})

describe('addresses', () => {
  it('leave out what is empty, and encode the rest', () => {
    expect(query({ q: 'a&b', establishment: '', to: undefined })).toBe('?q=a%26b')
    expect(query({})).toBe('')
  })

  it('name the page behind the fragment', () => {
    expect(routeOf('#/appointment/A%2F1/made')).toEqual(['appointment', 'A/1', 'made'])
    expect(routeOf('#/%E0%A4%A')).toEqual(['%E0%A4%A'])
    expect(routeOf('')).toEqual([])
  })
})

describe('a setting', () => {
  it('is edited as what its JSON is', () => {
    expect(['true', '30', '"x"', '{}', 'no'].map(kindOf)).toEqual([
      'yes',
      'number',
      'text',
      'other',
      'other',
    ])
    expect(jsonOf('04 66 00', 'text')).toBe('"04 66 00"')
    expect(jsonOf('30', 'number')).toBe('30')
    expect(jsonOf('soon', 'number')).toBeUndefined()
    expect(jsonOf('{', 'other')).toBeUndefined()
  })
})

describe('why a message was refused', () => {
  it.each([
    ['expected a name, got nothing', { expected: 'a name', got: 'nothing' }],
    ['expected A, B or C, got D, got E', { expected: 'A, B or C', got: 'D, got E' }],
    ['the disk is full', { expected: '', got: 'the disk is full' }],
  ])('%s', (problem, parts) => {
    expect(partsOf(problem)).toEqual(parts)
  })
})
