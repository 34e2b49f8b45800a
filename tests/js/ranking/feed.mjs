// Sections 7 and 8: which works a feed shows, in which order, and why.

import { bytesOf, encode, linkTo, textOf } from './ids.mjs'
import { most, Q, sha256, sum } from './numbers.mjs'
import { moves, Places } from './places.mjs'
import { peopleOf } from './people.mjs'
import { signalOfName } from './names.mjs'
import { Signals } from './signals.mjs'
import { compareTexts, meets } from './texts.mjs'

const MOST = 500
const ascending = (a, b) => (a < b ? -1 : a > b ? 1 : 0)

// Section 6.12: what was shown how often, as a list.
export function historyOf(viewer) {
  const shown = [...viewer.history].filter(([, times]) => times > 0).sort(([a], [b]) => ascending(a, b))
  return shown.map(([id, times]) => [linkTo(id), times])
}

export class Ranking {
  constructor(world, profile, viewer, asOf) {
    Object.assign(this, { world, profile, viewer, asOf })
    this.people = peopleOf(world, profile, viewer, asOf)
    this.works = world.facts.filter((fact) => fact.kind === 'work')
    this.drops = new Map()
    this.salts = new Map(this.works.map((work) => (
      [work.id, sha256(bytesOf(world.snapshot), bytesOf(work.id)).toString('hex')])))
    const left = this.keep(this.works, (work) => this.filtered(work))
    this.signals = new Signals(world, profile, viewer, this.people, asOf, left)
    this.sources = this.gather(left)
    const given = this.keep(left, (work) => (this.sources.of(work).length ? null : 'no-source'))
    this.scores = new Map(given.map((work) => [work.id, this.score(work)]))
    this.candidates = this.keep(given, (work) => this.late(work)).sort((a, b) => (
      ascending(this.scores.get(b.id), this.scores.get(a.id)) || this.bySalt(a, b)))
    this.ranks = new Map(this.candidates.map((work, place) => [work.id, place + 1]))
    this.moved = moves(profile) ? new Places(this) : null
    const items = this.moved?.items ?? this.candidates.slice(0, MOST).map((work) => ({ work, moves: [] }))
    this.items = items.map((item, place) => ({ ...item, place: place + 1 }))
    this.places = new Map(this.items.map(({ work, place }) => [work.id, place]))
  }

  keep(works, dropOf) {
    return works.filter((work) => {
      const drop = dropOf(work)
      if (drop) this.drops.set(work.id, drop)
      return !drop
    })
  }

  bySalt(a, b) { return ascending(this.salts.get(a.id), this.salts.get(b.id)) }

  filtered(work) {
    if (work.drop) return work.drop
    if (work.time > this.asOf) return 'future'
    if (this.people.blocked.has(work.author)) return 'blocked-author'
    const blocked = (tag) => this.profile.blocked_languages.some((wanted) => meets(tag, wanted))
    return work.languages.length && work.languages.every(blocked) ? 'blocked-language' : null
  }

  // --- sources ---------------------------------------------------------------------------------------

  followed(work) {
    return this.viewer.people.has(work.author) ||
      work.collections.some((each) => this.viewer.collections.has(each)) ||
      work.topics.some((each) => this.viewer.topics.has(each))
  }

  latest(works) {
    const last = new Map()
    for (const work of works) {
      const held = last.get(work.author)
      const before = held && (held.time > work.time || (held.time === work.time && this.bySalt(held, work) < 0))
      if (!before) last.set(work.author, work)
    }
    return new Set(last.values())
  }

  gather(left) {
    const wanted = [...this.profile.langs, ...this.viewer.languages]
    const latest = this.latest(left)
    const members = {
      explore: (work) => latest.has(work),
      follows: (work) => this.followed(work),
      language: (work) => work.languages.some((tag) => wanted.some((each) => meets(tag, each))),
      outward: (work) => this.signals.of(work, 'outward').value > 0n,
      recent: () => true,
      topic: (work) => work.topics.some((each) => this.profile.topics.includes(each)),
      trust: (work) => this.people.steps(work.author) !== undefined,
    }
    const given = {}
    for (const [name, isMember] of Object.entries(members)) {
      const first = left.filter(isMember).sort((a, b) => b.time - a.time || this.bySalt(a, b))
      given[name] = new Set(first.slice(0, Number(this.profile.sources[name])))
    }
    const of = (work) => Object.keys(members).filter((name) => given[name].has(work))
      .map((name) => (name === 'trust' ? `trust:${this.people.steps(work.author)}` : name))
    return { given, of }
  }

  // --- score -----------------------------------------------------------------------------------------

  contributions(work) {
    const weighed = Object.entries(this.profile.weights).map(([name, weight]) => {
      const { value } = this.signals.of(work, name)
      return [name, value, weight, value * weight]
    })
    const boosted = this.profile.boosts.map(([when, add], place) => {
      const value = when.holds(this.named(work)) ? Q : 0n
      return [`boost:${place + 1}`, value, add, value * add]
    })
    return [...weighed, ...boosted]
  }

  score(work) { return sum(this.contributions(work).map(([, , , product]) => product)) }

  named(work) {
    return (name) => {
      switch (name) {
        case 'age': return BigInt(Math.floor((this.asOf - work.time) / 1000))
        case 'author': return textOf(work.author)
        case 'collections': return work.collections.map(textOf)
        case 'topics': return work.topics
        case 'langs': return work.languages
        case 'followed': return this.followed(work)
        case 'lang': return [...work.languages].sort(compareTexts)[0] ?? ''
        case 'reader.langs': return this.profile.langs
        case 'reader.blocked': return this.profile.blocked_languages
        default: return this.signals.of(work, signalOfName(name)).value
      }
    }
  }

  conditionOf(work) { return this.profile.drop.find((condition) => condition.holds(this.named(work)))?.text }

  late(work) {
    if (this.conditionOf(work)) return 'filter'
    const { score_min: lowest } = this.profile
    return lowest !== null && this.scores.get(work.id) < lowest * Q ? 'below-score-min' : null
  }

  // --- what is said of it ----------------------------------------------------------------------------

  ground({ total, records }) {
    const first = [...records].sort(([a, x], [b, y]) => ascending(b, a) || ascending(x, y)).slice(0, 3)
    return [total, ...first.map(([, id]) => textOf(id))]
  }

  // A rule names other works; the vectors leave out what it does not name.
  move({ like, displaced, ...rest }) {
    return { ...rest, ...(like && { like: textOf(like.id) }), ...(displaced && { displaced: textOf(displaced.id) }) }
  }

  item({ work, place, moves: moved }) {
    const { verified, claimed } = this.signals.hops(work)
    const grounds = Object.keys(this.profile.weights)
      .map((name) => [name, this.signals.of(work, name).ground])
      .filter(([, ground]) => ground)
    return {
      id: textOf(work.id),
      rank: this.ranks.get(work.id),
      place,
      moves: moved.map((each) => this.move(each)),
      score: this.scores.get(work.id),
      contributions: this.contributions(work),
      sources: this.sources.of(work),
      hops: [verified, claimed],
      mass: this.people.mass(work.author),
      grounds: Object.fromEntries(grounds.map(([name, ground]) => [name, this.ground(ground)])),
    }
  }

  commitment() {
    if (!('novelty' in this.profile.weights)) return null
    return sha256(this.viewer.salt, encode(historyOf(this.viewer))).toString('hex')
  }

  feed(limit = Number(this.profile.page)) {
    const counts = {}, items = this.items.slice(0, limit)
    for (const drop of [...this.drops.values()].sort()) counts[drop] = (counts[drop] ?? 0) + 1
    return {
      works: this.works.length,
      candidates: this.candidates.length,
      given: Object.fromEntries(Object.entries(this.sources.given).map(([name, set]) => [name, set.size])),
      dropped: counts,
      items: items.map((item) => this.item(item)),
      history: this.commitment(),
      unmet: this.moved?.unmet(items.length) ?? {},
      owed: this.moved?.debts(items.length) ?? null,
    }
  }

  // Why a work is where it is, or not; null if it is no work that is held.
  judge(id, limit = Number(this.profile.page)) {
    const drop = this.drops.get(id)
    if (drop === 'filter') return { drop, condition: this.conditionOf(this.world.byId.get(id)) }
    if (drop) return { drop }
    const rank = this.ranks.get(id)
    if (rank === undefined) return null
    const score = this.scores.get(id), place = this.places.get(id) ?? null
    const last = this.scores.get(this.items.slice(0, limit).at(-1)?.work.id) ?? score
    return { rank, place, score, short_of: place !== null && place <= limit ? 0n : most(0n, last - score) }
  }
}
