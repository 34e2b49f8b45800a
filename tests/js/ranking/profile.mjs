// Section 5: what a profile means, or the fault for which it is refused.

import { parse } from 'smol-toml'
import { BadCondition, readCondition } from './cel.mjs'
import { parseId } from './ids.mjs'
import { boundOf, isSignal, typeOfName } from './names.mjs'
import { Q } from './numbers.mjs'
import { canonicalTag, characters, fold, GLOTTOCODE, SPACE } from './texts.mjs'
import { linesOf } from './toml_lines.mjs'

const LONGEST = 65_536, MOST_ENTRIES = 1000, MOST_BOOSTS = 100, LONGEST_LINE = 2000
const YEAR = 31_557_600n, CENTURY = 3_155_760_000n
const AT_ENDS = new RegExp(`^${SPACE.source}|${SPACE.source}$`, 'g')

export class Fault extends Error {
  constructor(line, key, why) {
    super(`line ${line}: ${key}: ${why}`)
    Object.assign(this, { line, key })
  }
}

// Why a value is refused, and in which key of a table, if it is one.
class Bad extends Error {
  constructor(why, path = []) { super(why); this.path = path }
}
const bad = (why, path) => { throw new Bad(why, path) }

// --- values ------------------------------------------------------------------------------------------

const whole = (lowest, highest) => (value) => (
  typeof value === 'bigint' && value >= lowest && value <= highest ? value : bad('no whole number in range'))
const text = (value) => (typeof value === 'string' ? value.normalize('NFC') : bad('no text'))
const trimmed = (value) => text(value).replace(AT_ENDS, '')
const line = (value) => {
  const kept = trimmed(value)
  return kept && characters(kept) <= LONGEST_LINE && !/[\p{Cc}\p{Cs}]/u.test(kept) ? kept : bad('not one line')
}
const truth = (value) => (typeof value === 'boolean' ? value : bad('neither true nor false'))
const record = (value) => (parseId(text(value)) ? value : bad('no id'))
const tag = (value) => {
  const kept = trimmed(value)
  return GLOTTOCODE.test(kept) ? kept : canonicalTag(kept) ?? bad('no language tag')
}
const condition = (value) => {
  try {
    return { text: text(value), ...readCondition(text(value), typeOfName) }
  } catch (error) {
    if (error instanceof BadCondition) bad(error.message)
    throw error
  }
}

// A list of which no entry is written twice.
const list = (entry) => (value) => {
  if (!Array.isArray(value) || value.length > MOST_ENTRIES) bad('no list, or too long')
  if (new Set(value).size !== value.length) bad('an entry twice')
  return value.map(entry)
}

// A table with exactly these keys; their values in that order.
const table = (entries) => (value) => {
  if (!isTable(value)) bad('no table')
  for (const key of Object.keys(value)) if (!Object.hasOwn(entries, key)) bad('unknown', [key])
  return Object.entries(entries).map(([key, entry]) => {
    if (!Object.hasOwn(value, key)) bad(`${key} is missing`)
    return within([key], () => entry(value[key]))
  })
}

const tables = (entries, most) => (value) => {
  if (!Array.isArray(value) || value.length > most) bad('no list, or too long')
  return value.map((each, at) => within([at], () => table(entries)(each)))
}

function within(path, run) {
  try {
    return run()
  } catch (error) {
    if (error instanceof Bad) error.path.unshift(...path)
    throw error
  }
}

function isTable(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date)
}

const group = (value) => (value === 'minority' || value === 'outward' ? value : bad('no group'))
const floors = (value) => {
  const found = tables({ group, p_milli: whole(1n, 1000n) }, MOST_ENTRIES)(value)
  return new Set(found.map(([name]) => name)).size === found.length ? found : bad('a group twice')
}

const seconds = whole(1n, CENTURY)
const count = whole(0n, 1_000_000n)
const thousandths = whole(-(1n << 36n), 1n << 36n)
const KEYS = {
  v: whole(1n, 1n), name: line, parent: record, reason: line,
  'reader.langs': list(tag),
  'reader.seeds': list((value) => (value === 'me' ? value : record(value))),
  'reader.blocked': list((value) => (parseId(text(value)) ? value : tag(value))),
  'reader.topics': list((value) => fold(text(value))), 'reader.labelers': list(record), 'reader.groups': record,
  'filter.drop': list(condition), boost: tables({ when: condition, add: thousandths }, MOST_BOOSTS),
  'params.axis_half_life_s': seconds, 'params.axis_kappa': whole(1n, 1_000_000n),
  'params.contribution_half_life_s': seconds, 'params.fresh_half_life_s': seconds, 'params.lang_window_s': seconds,
  'params.trust_hops': whole(0n, 6n),
  'sources.explore': count, 'sources.follows': count, 'sources.language': count, 'sources.outward': count,
  'sources.recent': count, 'sources.topic': count, 'sources.trust': count,
  'rerank.page': whole(1n, 500n), 'rerank.score_min': thousandths, 'rerank.author_decay': truth,
  'rerank.mmr_lambda': count, 'rerank.calibration_mu': count, 'rerank.floors': floors,
  'rerank.explore': table({ every: whole(1n, 500n) }), 'rerank.lift_min': whole(1n, Q),
}
const TABLES = ['reader', 'filter', 'weights', 'params', 'sources', 'rerank']

// --- reading -----------------------------------------------------------------------------------------

function parsed(source) {
  if (characters(source) > LONGEST) throw new Fault(null, 'profile', 'too long')
  try {
    return parse(source, { integersAsBigInt: true })
  } catch {
    throw new Fault(null, 'profile', 'not TOML')
  }
}

function flat(document, fault) {
  const found = new Map()
  const put = (path, value) => {
    const key = path.join('.')
    if (!Object.hasOwn(KEYS, key) || path.length !== key.split('.').length) throw fault(path, 'unknown')
    try {
      found.set(key, KEYS[key](value))
    } catch (error) {
      if (error instanceof Bad) throw fault([...path, ...error.path], error.message)
      throw error
    }
  }
  for (const [name, value] of Object.entries(document)) {
    if (!TABLES.includes(name)) put([name], value)
    else if (!isTable(value)) throw fault([name], 'no table')
    else if (name !== 'weights') for (const [key, held] of Object.entries(value)) put([name, key], held)
  }
  return found
}

const magnitude = (number) => (number < 0n ? -number : number)

// The weights and boosts in the order of the text; the fault is the one with which scores would pass 2^53.
function checkReach(weights, boosts, fault) {
  if (weights === undefined) throw fault(['weights'], 'none')
  let reach = 0n
  const add = (number, path) => {
    reach += number
    if (reach >= 1n << 53n) throw fault(path, 'scores would pass 2^53')
  }
  for (const [name, weight] of Object.entries(weights)) {
    if (!isSignal(name)) throw fault(['weights', name], 'no signal')
    if (typeof weight !== 'bigint') throw fault(['weights', name], 'no whole number')
    add(magnitude(weight) * boundOf(name), ['weights', name])
  }
  if (reach === 0n) throw fault(['weights'], 'all 0')
  boosts.forEach(([, more], at) => add(magnitude(more) * Q, ['boost', at, 'add']))
}

function checkOwed(floors, every, fault) {
  const thousandth = floors.reduce((total, [, part]) => total + part, 0n)
  // Σ p + 1000 / every > 1000, without a fraction
  if (thousandth * (every ?? 1n) + (every === null ? 0n : 1000n) > 1000n * (every ?? 1n)) {
    throw fault(['rerank', 'floors'], 'more is owed than there is')
  }
}

export function readProfile(source) {
  const document = parsed(source)
  const lineOf = linesOf(source)
  const fault = (path, why) => (
    new Fault(lineOf(path), path.filter((step) => typeof step === 'string').join('.'), why))
  if (document.v !== 1n) throw fault(['v'], 'not 1')
  const found = flat(document, fault)
  if (!found.has('name')) throw fault(['name'], 'none')
  const profile = composed((key, value) => found.get(key) ?? value, document.weights)
  checkReach(document.weights, profile.boosts, fault)
  checkOwed(profile.rerank.floors, profile.rerank.explore_every, fault)
  const { seeds, blocked_people: blocked } = profile
  if (seeds.some((seed) => blocked.includes(seed))) throw fault(['reader', 'seeds'], 'a seed is blocked')
  return profile
}

function composed(of, weights = {}) {
  const blocked = of('reader.blocked', [])
  const [every] = of('rerank.explore', [null])
  const source = (name, most = 100_000n) => of(`sources.${name}`, most)
  return {
    name: of('name'),
    weights: Object.fromEntries(Object.entries(weights).sort(([a], [b]) => (a < b ? -1 : 1))),
    parent: of('parent', null),
    reason: of('reason', ''),
    langs: of('reader.langs', []),
    seeds: of('reader.seeds', ['me']),
    blocked_people: blocked.filter((entry) => parseId(entry)),
    blocked_languages: blocked.filter((entry) => !parseId(entry)),
    topics: of('reader.topics', []),
    labelers: of('reader.labelers', []),
    groups: of('reader.groups', null),
    fresh_half_life_s: of('params.fresh_half_life_s', 172_800n),
    lang_window_s: of('params.lang_window_s', 2_419_200n),
    axis_half_life_s: of('params.axis_half_life_s', YEAR),
    axis_kappa: of('params.axis_kappa', 3000n),
    contribution_half_life_s: of('params.contribution_half_life_s', YEAR),
    trust_hops: of('params.trust_hops', 3n),
    sources: {
      explore: source('explore', every === null ? 0n : 100_000n), follows: source('follows'),
      language: source('language'), outward: source('outward', 0n), recent: source('recent'), topic: source('topic'),
      trust: source('trust'),
    },
    page: of('rerank.page', 20n),
    score_min: of('rerank.score_min', null),
    drop: of('filter.drop', []),
    boosts: of('boost', []),
    rerank: {
      author_decay: of('rerank.author_decay', false),
      mmr_lambda: of('rerank.mmr_lambda', 0n),
      calibration_mu: of('rerank.calibration_mu', 0n),
      floors: of('rerank.floors', []),
      explore_every: every,
      lift_min: of('rerank.lift_min', 32_768n),
    },
  }
}
