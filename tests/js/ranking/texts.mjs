// Texts: their order, their case, and the tags of languages (RFC 5646 with the registry of IANA; bodies.md, section 6).

import { createRequire } from 'node:module'

const registry = createRequire(import.meta.url)('language-subtag-registry/data/json/registry.json')

// By code points, as UTF-8 orders; JavaScript's own < compares units of UTF-16.
export const compareTexts = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))

export const characters = (text) => [...text].length

// Runs of white space (section 4).
export const SPACE = /[\u0009-\u000D\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+/g

// Full case folding: JavaScript has none, but up and down again is nearly that. What is left is the letters that
// Unicode folds to themselves though they have a capital, and those that fold to their capitals (Cherokee).
const FOLDS_TO_ITSELF = /[\u0131\u13A0-\u13F5]/u

function foldOne(letter) {
  if (FOLDS_TO_ITSELF.test(letter)) return letter
  const capitals = letter.toLowerCase().toUpperCase()
  if (/^[\u13A0-\u13F5]$/u.test(capitals)) return capitals
  return Array.from(capitals, (each) => each.toLowerCase()).join('')
}

export const fold = (text) => Array.from(text.normalize('NFC'), foldOne).join('')

// --- languages ---------------------------------------------------------------------------------------

export const GLOTTOCODE = /^[a-z0-9]{4}[0-9]{4}$/
const NO_LANGUAGE = new Set(['und', 'mul', 'zxx', 'mis', 'x'])

// The language of a tag or Glottocode (section 6.5), or null.
function languageOf(tag) {
  const whole = tag.toLowerCase(), primary = whole.split('-')[0]
  if (primary === 'i') return whole
  return NO_LANGUAGE.has(primary) ? null : primary
}

export const languagesOf = (tags) => new Set(tags.map(languageOf).filter((language) => language !== null))

// Whether a tag is the wanted one, or narrower.
export const meets = (tag, wanted) => `${tag}-`.toLowerCase().startsWith(`${wanted}-`.toLowerCase())

const known = new Map()
for (const entry of registry) {
  for (const name of expand(entry.Subtag ?? entry.Tag)) known.set(`${entry.Type} ${name.toLowerCase()}`, entry)
}

// "Qaaa..Qabx" stands for all between the two.
function expand(name) {
  const [first, last] = name.split('..')
  if (!last) return [first]
  const names = []
  const value = (text) => [...text.toLowerCase()].reduce((total, letter) => 26 * total + letter.charCodeAt(0) - 97, 0)
  for (let at = value(first); at <= value(last); at++) {
    let text = ''
    for (let rest = at, place = 0; place < first.length; place++, rest = Math.floor(rest / 26)) {
      text = String.fromCharCode(97 + rest % 26) + text
    }
    names.push(text)
  }
  return names
}

const SHAPE = new RegExp(
  '^([a-z]{2,8})(?:-([a-z]{3}))?(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?' +
  '((?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)((?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*)(-x(?:-[a-z0-9]{1,8})+)?$')

// The canonical form of a tag, or null if it is not valid.
export function canonicalTag(tag) {
  const small = tag.toLowerCase()
  const whole = known.get(`grandfathered ${small}`) ?? known.get(`redundant ${small}`)
  if (whole?.['Preferred-Value']) return whole['Preferred-Value']
  if (whole?.Type === 'grandfathered') return whole.Tag
  if (/^x(-[a-z0-9]{1,8})+$/.test(small)) return small
  const match = SHAPE.exec(small)
  return match && composed(match)
}

function composed([, primary, extended, script, region, variants, extensions, own]) {
  const language = languageSubtag(primary, extended)
  if (language === null) return null
  const parts = [language]
  if (script) parts.push(preferred('script', script))
  if (region) parts.push(preferred('region', region))
  const names = variants.split('-').filter(Boolean)
  if (new Set(names).size !== names.length) return null
  parts.push(...names.map((name) => preferred('variant', name)))
  if (parts.includes(null)) return null
  const kept = extensions.match(/-[0-9a-wy-z](?:-[a-z0-9]{2,8})+/g) ?? []
  if (new Set(kept.map((one) => one[1])).size !== kept.length) return null
  return parts.join('-') + kept.sort().join('') + (own ?? '')
}

// An extended language becomes its own subtag; an older code of ISO 639 the tag's.
function languageSubtag(primary, extended) {
  if (extended) {
    const entry = known.get(`extlang ${extended}`)
    return entry?.Prefix.includes(primary) ? entry['Preferred-Value'] ?? extended : null
  }
  const found = preferred('language', primary)
  if (found || primary.length !== 3) return found
  const shorter = Intl.getCanonicalLocales(primary)[0]
  return shorter.length === 2 ? preferred('language', shorter) : null
}

function preferred(type, subtag) {
  const entry = known.get(`${type} ${subtag}`)
  if (!entry) return null
  if (entry['Preferred-Value']) return entry['Preferred-Value']
  if (type === 'script') return subtag[0].toUpperCase() + subtag.slice(1)
  return type === 'region' ? subtag.toUpperCase() : subtag
}
