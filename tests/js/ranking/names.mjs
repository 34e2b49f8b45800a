// Names of signals (section 6), and the names that conditions know (section 5).

import { Q } from './numbers.mjs'

export const AGE_BOUND = (1n << 41n) - 1n

const PLAIN = new Set([
  'age', 'bridge', 'contribution', 'fresh', 'lang_lift', 'novelty', 'outward', 'popularity', 'provenance', 'trust',
])
const LABELS = new Set([
  'spam', 'impersonation', 'misleading', 'fabricated-source', 'undisclosed-ai', 'personal-data', 'harassment', 'hate',
  'violence', 'self-harm', 'sexual', 'illegal', 'malware', 'culturally-sensitive', 'restricted-by-community',
  'deceased-person', 'outdated-terms', 'low-quality', 'wrong-language', 'duplicate',
])
const NAME = /^[a-z][a-z0-9-]{0,31}$/
const OWN_LABEL = /^x-[a-z0-9]/

export function isSignal(name) {
  if (name.startsWith('axis.')) return NAME.test(name.slice(5))
  if (!name.startsWith('label:')) return PLAIN.has(name)
  const label = name.slice(6)
  return LABELS.has(label) || (NAME.test(label) && OWN_LABEL.test(label))
}

export const boundOf = (name) => (name === 'age' ? AGE_BOUND : Q)

// The signal that a name of a condition means, or null: label.x_own is label:x-own.
export function signalOfName(name) {
  const [family, ...own] = name.split('.')
  if (own.length === 0) return name !== 'age' && name !== 'novelty' && isSignal(name) ? name : null
  if (own.length > 1 || own[0].includes('-')) return null
  const signal = `${family}${family === 'label' ? ':' : '.'}${own[0].replaceAll('_', '-')}`
  return isSignal(signal) ? signal : null
}

const TYPES = new Map(Object.entries({
  age: 'int', author: 'string', collections: 'list of string', topics: 'list of string', langs: 'list of string',
  followed: 'bool', lang: 'string', 'reader.langs': 'list of string', 'reader.blocked': 'list of string',
}))

export const typeOfName = (name) => TYPES.get(name) ?? (signalOfName(name) ? 'int' : undefined)
