// Section 7, from "Pool" on: which work has which place, where rules move works.

import { grouped } from './facts.mjs'
import { likeness } from './likeness.mjs'
import { least, most, Q, root, sum } from './numbers.mjs'
import { compareTexts, languagesOf } from './texts.mjs'

const MOST = 500
const MOST_OWED = 64n * Q

// What a move may say, and most do not.
const NOTHING = { costs: 0n, before: 0, part: 0n, language: '', needed: 0, had: 0 }

export function moves(profile) {
  const { rerank } = profile
  return rerank.author_decay || rerank.mmr_lambda > 0n || rerank.calibration_mu > 0n || rerank.floors.length > 0 ||
    rerank.explore_every !== null
}

// A floor or `explore`: what it is owed of the first h places, what it had, and since when it is unmet.
class Rule {
  constructor(name, part, whole) { Object.assign(this, { name, part, whole, had: 0, unmet: null }) }
  owed(h) { return this.unmet === null ? Math.floor(h * this.part / this.whole) : 0 }
  lacks(h) { return Math.max(0, this.owed(h) - this.had) }
  due() { return Math.ceil((this.had + 1) * this.whole / this.part) } // the first h at which one more is owed
}

export class Places {
  // ranking: candidates in order, scores, signals, people, and the works of the source explore.
  constructor(ranking) {
    this.ranking = ranking
    this.rerank = ranking.profile.rerank
    this.items = [] // {work, moves}
    this.counts = new Map() // N of section 7
    this.authors = new Map() // how many works of each stand already
    this.nearest = new Map() // of a work of the pool: the work before it that it is most like
    this.rules = this.rerank.floors.map(([group, part]) => new Rule(`floor:${group}`, Number(part), 1000))
    if (this.rerank.explore_every !== null) this.rules.push(new Rule('explore', 1, Number(this.rerank.explore_every)))
    this.groups = new Map(this.rerank.floors.map(([group]) => [`floor:${group}`, this.members(group)]))
    const first = new Set([ranking.candidates, ...this.groups.values()].flatMap((works) => works.slice(0, MOST)))
    this.pool = ranking.candidates.filter((work) => first.has(work))
    this.targets = this.shares()
    while (this.items.length < MOST && this.pool.length) this.fill(this.items.length + 1)
  }

  members(group) {
    const { candidates, signals, people } = this.ranking
    return candidates.filter((work) => (group === 'outward'
      ? signals.of(work, 'outward').value >= 8192n
      : signals.of(work, 'lang_lift').value >= this.rerank.lift_min && people.trust(work.author) > 0n))
  }

  shares() {
    const languages = new Set(this.pool.flatMap((work) => [...languagesOf(work.languages)]))
    const roots = new Map([...languages].map((language) => [language, root(this.ranking.signals.published(language))]))
    const all = sum([...roots.values()])
    return new Map([...roots].map(([language, own]) => [language, all ? Q * own / all : 0n]))
  }

  // --- one place -------------------------------------------------------------------------------------

  fill(k) {
    const best = this.best(this.pool, k)
    for (;;) {
      const rule = this.due(k)
      if (!rule) return this.put(best, k, [])
      const work = rule.name === 'explore' ? this.draw() : this.bestOf(rule.name, k)
      if (!work) { rule.unmet = k; continue }
      const displaced = work === best ? [] : [{
        ...NOTHING, rule: rule.name, needed: rule.had + 1, had: rule.had, displaced: best,
      }]
      return this.put(work, k, displaced, rule.name === 'explore' ? rule : null)
    }
  }

  // The rule that must be served now, so that no deadline is missed.
  due(k) {
    for (let h = k; h <= MOST; h++) {
      const lacking = this.rules.filter((rule) => rule.lacks(h) > 0)
      if (lacking.reduce((total, rule) => total + rule.lacks(h), 0) < h - k + 1) continue
      return lacking.reduce((first, rule) => (rule.due() < first.due() ? rule : first))
    }
    return null
  }

  draw() {
    const works = this.ranking.candidates.filter((work) => (
      this.ranking.sources.given.explore.has(work) && !this.authors.has(work.author)))
    return works.sort((a, b) => this.ranking.bySalt(a, b))[0]
  }

  bestOf(name, k) {
    const members = new Set(this.groups.get(name))
    return this.best(this.pool.filter((work) => members.has(work)), k)
  }

  best(works, k) {
    let first, greatest
    for (const work of works) {
      const left = this.ranking.scores.get(work.id) - sum(this.costs(work, k).map((each) => each.costs))
      if (first === undefined || left > greatest) [first, greatest] = [work, left]
    }
    return first
  }

  put(work, k, displaced, drawn = null) {
    const costs = drawn ? [] : this.costs(work, k).filter((each) => each.costs > 0n)
    this.items.push({ work, moves: [...costs, ...displaced] })
    this.pool = this.pool.filter((each) => each !== work)
    this.authors.set(work.author, (this.authors.get(work.author) ?? 0) + 1)
    if (this.rerank.mmr_lambda > 0n) for (const each of this.pool) this.compare(each, work)
    const languages = languagesOf(work.languages)
    for (const language of languages) {
      this.counts.set(language, (this.counts.get(language) ?? 0n) + Q / BigInt(languages.size))
    }
    if (drawn) drawn.had++
    for (const rule of this.rules) if (this.groups.get(rule.name)?.includes(work)) rule.had++
  }

  // --- costs -----------------------------------------------------------------------------------------

  costs(work, k) {
    const costs = [this.decay(work), this.alike(work), this.beyond(work, k)]
    return costs.filter(Boolean).map((cost) => ({ ...NOTHING, ...cost }))
  }

  decay(work) {
    const score = this.ranking.scores.get(work.id)
    if (!this.rerank.author_decay || score < 0n) return null
    const before = this.authors.get(work.author) ?? 0
    const kept = 16_384n + (49_152n >> BigInt(before))
    return { rule: 'author-decay', costs: score - score * kept / Q, before }
  }

  alike(work) {
    const { mmr_lambda: lambda } = this.rerank
    if (lambda === 0n) return null
    const { part, like } = this.nearest.get(work.id) ?? { part: 0n, like: null }
    return { rule: 'likeness', costs: lambda * part, part, like }
  }

  compare(work, placed) {
    const { fingerprints } = this.ranking.world
    const part = likeness(fingerprints.get(work.id), fingerprints.get(placed.id))
    if (part > (this.nearest.get(work.id)?.part ?? 0n)) this.nearest.set(work.id, { part, like: placed })
  }

  beyond(work, k) {
    const { calibration_mu: mu } = this.rerank
    if (mu === 0n) return null
    let part = 0n, language = ''
    for (const each of [...languagesOf(work.languages)].sort(compareTexts)) {
      const over = (this.counts.get(each) ?? 0n) - BigInt(k) * this.targets.get(each) - this.owed(each)
      if (over > part) [part, language] = [over, each]
    }
    return { rule: 'calibration', costs: mu * part, part, language }
  }

  owed(language) { return BigInt(this.ranking.viewer.owed.get(language) ?? 0) }

  // --- what a feed of n items says -------------------------------------------------------------------

  unmet(n) {
    return Object.fromEntries(this.rules.filter((rule) => rule.unmet !== null && rule.unmet <= n)
      .map((rule) => [rule.name, rule.unmet]))
  }

  // What the next feed owes each language; where that is nothing, it is not named.
  debts(n) {
    if (this.rerank.calibration_mu === 0n) return null
    const items = this.items.slice(0, n).map(({ work }) => [...languagesOf(work.languages)])
    const shares = items.flatMap((set) => set.map((language) => ({ language, part: Q / BigInt(set.length) })))
    const parts = grouped(shares, (each) => each.language)
    const languages = [...new Set([...this.ranking.viewer.owed.keys(), ...this.targets.keys(), ...parts.keys()])]
    return Object.fromEntries(languages.sort(compareTexts).map((language) => {
      const had = sum((parts.get(language) ?? []).map((each) => each.part))
      const debt = this.owed(language) + BigInt(items.length) * (this.targets.get(language) ?? 0n) - had
      return [language, most(-MOST_OWED, least(MOST_OWED, debt))]
    }).filter(([, debt]) => debt !== 0n))
  }
}
