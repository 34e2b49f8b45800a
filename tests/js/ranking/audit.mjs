// Section 10: a feed ranked again, and compared with what its receipt says.

import { historyOf, Ranking } from './feed.mjs'
import { encode, linkTo, parseId } from './ids.mjs'
import { sha256 } from './numbers.mjs'
import { readProfile } from './profile.mjs'
import { commitmentTo, TABLES } from './receipt.mjs'
import { compareTexts } from './texts.mjs'

const hash = (...parts) => sha256(...parts).toString('hex')
const NO_SALT = Buffer.alloc(0)

// --- private inputs ----------------------------------------------------------------------------------

function privateInputs(profile) {
  const { follows, language } = profile.sources
  const conditions = [...profile.drop, ...profile.boosts.map(([when]) => when)]
  const names = []
  if (follows > 0n || language > 0n || conditions.some((each) => each.names.has('followed'))) names.push('follows')
  if ('novelty' in profile.weights) names.push('history')
  return names
}

const followsOf = (viewer) => ({
  people: [...viewer.people].sort().map(linkTo),
  collections: [...viewer.collections].sort().map(linkTo),
  languages: viewer.languages,
  topics: [...viewer.topics].sort(compareTexts),
})

const INPUTS = { follows: followsOf, history: historyOf }
const NOBODY = { people: new Set(), collections: new Set(), languages: [], topics: new Set(), history: new Map() }

function viewerOf({ receipt, opened }) {
  const { people = [], collections = [], languages = [], topics = [] } = opened.follows?.of ?? {}
  return {
    me: receipt.reader,
    people: new Set(people),
    collections: new Set(collections),
    languages,
    topics: new Set(topics),
    history: new Map(opened.history?.of ?? []),
    salt: opened.history?.salt ?? NO_SALT,
    owed: new Map(Object.entries(receipt.ledger_before ?? {})),
  }
}

// --- what a feed comes to ----------------------------------------------------------------------------

function move({ rule, costs, before, like, part, language, needed, had, displaced }) {
  const link = (work) => (work ? linkTo(work.id) : null)
  return [rule, costs, before, link(like), part, language, needed, had, link(displaced)]
}

function explained(ranking, item) {
  const { grounds, ...said } = ranking.item(item)
  const ground = ([number, ...records]) => [number, records.map((record) => linkTo(parseId(record)))]
  return {
    id: linkTo(item.work.id), rank: said.rank, place: said.place, score: said.score, parts: said.contributions,
    sources: said.sources, moves: item.moves.map(move),
    grounds: Object.fromEntries(Object.entries(grounds).map(([name, each]) => [name, ground(each)])),
  }
}

function trustRoot({ seeds, masses }) {
  if (!seeds.size) return null
  const list = [...masses].filter(([, mass]) => mass > 0n).sort(([a], [b]) => (a < b ? -1 : 1))
  return hash(encode(list.map(([who, mass]) => [linkTo(who), mass])))
}

// What a receipt of this ranking must say; `opened` as in the file, with the salts.
function stated(ranking, limit, { receipt, opened }) {
  const feed = ranking.feed(limit), items = ranking.items.slice(0, limit)
  const { calibration_mu: mu } = ranking.profile.rerank
  const salt = (name) => opened[name]?.salt ?? NO_SALT
  return {
    tables: TABLES.toString('hex'),
    works: feed.works,
    candidates: feed.candidates,
    given: feed.given,
    dropped: feed.dropped,
    items: items.map(({ work, place }) => [work.id, ranking.scores.get(work.id), place]),
    unmet: feed.unmet,
    trust_root: trustRoot(ranking.people),
    explain_root: hash(encode(items.map((item) => explained(ranking, item)))),
    ledger_before: mu > 0n ? receipt.ledger_before ?? {} : null,
    ledger_after: feed.owed,
    private: Object.fromEntries(privateInputs(ranking.profile)
      .map((name) => [name, commitmentTo(salt(name), INPUTS[name](ranking.viewer))])),
  }
}

// --- the verdict -------------------------------------------------------------------------------------

const plain = (value) => JSON.stringify(sorted(value))

function sorted(value) {
  if (typeof value === 'bigint') return Number(value)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(sorted)
  const entries = Object.entries(value).sort(([a], [b]) => compareTexts(a, b))
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]))
}

function firstDifference(given, found) {
  for (let place = 0; place < Math.max(given.length, found.length); place++) {
    if (plain(given[place]?.slice(0, 2) ?? null) !== plain(found[place]?.slice(0, 2) ?? null)) return place + 1
  }
  return null
}

// file: of readReceipt; world: the facts of its snapshot. {verdict, differs, at}, or {verdict, lacking}.
export function audit(file, world) {
  const { receipt, opened } = file
  const profile = readProfile(receipt.profile)
  const inputs = privateInputs(profile)
  const committed = Object.keys(receipt.private)
  const nothing = (name) => Object.hasOwn(INPUTS, name) && commitmentTo(NO_SALT, INPUTS[name](NOBODY))
  const lacking = committed.filter((name) => !opened[name] && receipt.private[name] !== nothing(name))
  if (lacking.length) return { verdict: 'missing input', lacking }
  if (plain(committed.sort()) !== plain(inputs.sort())) return { verdict: 'differs', differs: ['private'], at: null }
  const ranking = new Ranking(world, profile, viewerOf(file), receipt.as_of)
  const found = stated(ranking, receipt.limit, file)
  const differs = Object.keys(found).filter((name) => plain(found[name]) !== plain(receipt[name])).sort()
  if (!differs.length) return { verdict: 'match', differs, at: null }
  return { verdict: 'differs', differs, at: firstDifference(receipt.items, found.items) }
}
