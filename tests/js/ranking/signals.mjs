// Section 6: every signal of a work, as {value, ground}; a ground is {total, records: [[weight, id], …]}.

import { counting, dayOf, grouped } from './facts.mjs'
import { beyondOne, floorDiv, fresh, least, most, percentile95, Q, sum } from './numbers.mjs'
import { AGE_BOUND } from './names.mjs'
import { languagesOf } from './texts.mjs'
import { parseId } from './ids.mjs'

const SHARED_AXES = new Set(['truth', 'goodness', 'beauty', 'wisdom', 'sacredness'])
const STEPS = 16, MOST_HOPS = 1024, FROM_ONE = 8n

export class Signals {
  // left: the works that the filters leave, once they are known (6.5 asks for them).
  constructor(world, profile, viewer, people, asOf, left) {
    Object.assign(this, { world, profile, viewer, people, asOf, left })
    const { byId } = world
    const byAuthorOfSubject = (each) => byId.get(each.subject)?.author === each.author
    const evaluations = world.evaluations.filter((each) => !byAuthorOfSubject(each))
    this.evaluations = grouped(
      counting(evaluations, (each) => `${each.author} ${each.subject} ${each.axis}`, asOf), (each) => each.subject)
    this.labels = grouped(
      counting(world.labels, (each) => `${each.author} ${each.subject} ${each.label}`, asOf), (each) => each.subject)
    const uses = world.facts.filter((fact) => fact.stands).flatMap((fact) => (
      fact.uses.map((used) => ({ id: fact.id, author: fact.author, time: fact.time, subject: used }))))
    this.uses = grouped(
      counting(uses, (each) => `${each.author} ${each.subject}`, asOf).filter((each) => !byAuthorOfSubject(each)),
      (each) => each.subject)
    this.memo = new Map()
  }

  once(name, make) {
    if (!this.memo.has(name)) this.memo.set(name, make())
    return this.memo.get(name)
  }

  of(work, name) { return this.once(`${name} ${work.id}`, () => this.make(work, name)) }

  make(work, name) {
    if (name.startsWith('axis.')) return this.axis(work, name.slice(5))
    if (name.startsWith('label:')) return this.label(work, name.slice(6))
    return this[name](work)
  }

  faded(time, halfLife) { return fresh(86_400n * BigInt(dayOf(this.asOf) - dayOf(time)), halfLife) }
  trusted(each) { return this.people.trust(each.author) }
  about(work) { return this.evaluations.get(work.id) ?? [] }

  age(work) { return { value: -least(BigInt(this.asOf - work.time), AGE_BOUND) } }
  fresh(work) { return { value: fresh(BigInt(this.asOf - work.time), 1000n * this.profile.fresh_half_life_s) } }
  trust(work) { return { value: this.people.trust(work.author) } }
  novelty(work) { return { value: Q >> BigInt(this.viewer.history.get(work.id) ?? 0) } }

  // --- 6.3 -------------------------------------------------------------------------------------------

  hops(work) { return this.once(`hops ${work.id}`, () => this.walk(work)) }

  walk(work) {
    const found = new Set([work.id])
    let claimed = 0, verified = 0, looked = [work]
    for (let step = 0; step < STEPS && looked.length; step++) {
      const next = []
      for (const record of looked) {
        if (claimed >= MOST_HOPS) return { claimed, verified }
        for (const source of record.sources) {
          claimed++
          const target = this.world.byId.get(source)
          if (!target?.stands) continue
          verified++
          if (!found.has(source)) { found.add(source); next.push(target) }
        }
      }
      looked = next
    }
    return { claimed, verified }
  }

  provenance(work) {
    const { claimed, verified } = this.hops(work)
    return { value: claimed ? Q * BigInt(verified) / BigInt(claimed) : 0n }
  }

  // --- 6.5 -------------------------------------------------------------------------------------------

  // Of each language A(l): the trust of the distinct authors of what was published in it lately.
  publishing() {
    const authors = new Map()
    for (const work of this.left) {
      if (this.asOf - work.time >= 1000 * Number(this.profile.lang_window_s)) continue
      for (const language of languagesOf(work.languages)) {
        if (!authors.has(language)) authors.set(language, new Set())
        authors.get(language).add(work.author)
      }
    }
    return new Map([...authors].map(([language, people]) => (
      [language, sum([...people].map((person) => this.people.trust(person)))])))
  }

  published(language) { return this.once('publishing', () => this.publishing()).get(language) ?? 0n }

  lifts() {
    const all = this.once('publishing', () => this.publishing())
    const lengths = new Map([...all].map(([language, trust]) => [language, beyondOne(trust)]))
    const longest = [...lengths.values()].reduce(most, 0n)
    return (language) => (longest ? Q * (longest - (lengths.get(language) ?? 0n)) / longest : 0n)
  }

  lang_lift(work) {
    const lift = this.once('lifts', () => this.lifts())
    const languages = [...languagesOf(work.languages)]
    return { value: languages.length ? languages.map(lift).reduce(least) : 0n }
  }

  // --- 6.6 -------------------------------------------------------------------------------------------

  axis(work, name) {
    const kappa = most(1n, Q * this.profile.axis_kappa / 1000n)
    const weighed = this.about(work).filter((each) => each.axis === name)
      .map((each) => [this.trusted(each) * this.faded(each.time, this.profile.axis_half_life_s) / Q, each])
      .filter(([weight]) => weight > 0n)
    const judged = sum(weighed.map(([weight, each]) => weight * BigInt(each.value)))
    const weights = sum(weighed.map(([weight]) => weight))
    return {
      value: floorDiv(judged * (Q / 2n), weights + kappa),
      ground: { total: weighed.length, records: weighed.map(([weight, each]) => [weight, each.id]) },
    }
  }

  // --- 6.7 -------------------------------------------------------------------------------------------

  worth(fact) {
    const own = languagesOf(fact.languages)
    const other = (source) => {
      const original = this.world.byId.get(source)
      if (original?.kind !== 'work') return false
      const languages = languagesOf(original.languages)
      return languages.size > 0 && [...languages].every((language) => !own.has(language))
    }
    if (own.size && fact.sources.some(other)) return 3n
    return fact.kind === 'work' ? 2n : 1n
  }

  // The lines of every author, and what they come to.
  earnings() {
    const lines = []
    for (const fact of this.world.facts) {
      if (!fact.stands || !['work', 'note', 'evaluation'].includes(fact.kind)) continue
      const worth = this.worth(fact)
      for (const use of this.uses.get(fact.id) ?? []) {
        const earned = this.trusted(use) * worth * this.faded(use.time, this.profile.contribution_half_life_s) / Q
        if (earned > 0n) lines.push({ author: fact.author, by: use.author, earned, id: use.id })
      }
    }
    const authors = new Map()
    for (const [author, own] of grouped(lines, (each) => each.author)) {
      const through = [...grouped(own, (each) => each.by)].map(([person, list]) => (
        least(FROM_ONE * this.people.trust(person), sum(list.map((each) => each.earned)))))
      authors.set(author, { earned: sum(through), lines: own })
    }
    const cap = percentile95([...authors.values()].map((each) => each.earned)) ?? 0n
    return { authors, cap: most(1n, beyondOne(cap)) }
  }

  contribution(work) {
    const { authors, cap } = this.once('earnings', () => this.earnings())
    const { earned, lines } = authors.get(work.author) ?? { earned: 0n, lines: [] }
    return {
      value: earned ? least(Q, Q * beyondOne(earned) / cap) : 0n,
      ground: { total: lines.length, records: lines.map((each) => [each.earned, each.id]) },
    }
  }

  // --- 6.8 to 6.11 -----------------------------------------------------------------------------------

  popularity(work) {
    const uses = (this.uses.get(work.id) ?? []).filter((each) => this.trusted(each) > 0n)
    return {
      value: least(Q, beyondOne(sum(uses.map((each) => this.trusted(each)))) / 8n),
      ground: { total: uses.length, records: uses.map((each) => [this.trusted(each), each.id]) },
    }
  }

  label(work, name) {
    const labelers = new Set(this.profile.labelers.map(parseId))
    const labels = [work.id, work.author].flatMap((subject) => this.labels.get(subject) ?? []).filter((each) => (
      each.label === name && labelers.has(each.author) && !each.negated && !(each.until <= this.asOf)))
    return {
      value: labels.length ? Q : 0n,
      ground: { total: labels.length, records: labels.map((each) => [0n, each.id]) },
    }
  }

  outward(work) {
    const liked = this.about(work).filter((each) => (
      each.value > 0 && this.trusted(each) > 0n && languagesOf(each.languages ?? []).size > 0))
    const gets = new Map()
    for (const list of grouped(liked, (each) => each.author).values()) {
      const languages = languagesOf(list.flatMap((each) => each.languages))
      const share = this.trusted(list[0]) / BigInt(languages.size)
      for (const language of languages) gets.set(language, (gets.get(language) ?? 0n) + share)
    }
    const all = sum([...gets.values()])
    const spread = all ? Q - Q * sum([...gets.values()].map((each) => each * each)) / (all * all) : 0n
    return {
      value: spread * all / (all + Q),
      ground: { total: gets.size, records: liked.map((each) => [this.trusted(each), each.id]) },
    }
  }

  bridge(work) {
    const id = this.profile.groups === null ? null : parseId(this.profile.groups)
    const groups = this.world.viewpoints.get(id)
    if (!groups) return { value: 0n, ground: { total: 0, records: [] } }
    const people = [...grouped(this.about(work).filter((each) => SHARED_AXES.has(each.axis)), (each) => each.author)]
      .map(([person, list]) => [person, list.reduce((total, each) => total + each.value, 0) > 0])
    let value = groups.length ? Q : 0n
    for (const { members, minimum } of groups) {
      let all = 0n, approve = 0n
      for (const [person, approves] of people) {
        const mass = this.people.trust(person) * BigInt(members.get(person) ?? 0) / 1000n
        all += mass
        if (approves) approve += mass
      }
      value = all === 0n || 1000n * all < BigInt(minimum) * Q ? 0n : value * (approve + Q) / (all + 2n * Q)
    }
    return { value, ground: { total: groups.length, records: [[0n, id]] } }
  }
}
