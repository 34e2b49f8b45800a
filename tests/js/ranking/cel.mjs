// Conditions of section 5: a small part of CEL, parsed, typed, and then asked of each work.
// Types: int (BigInt), string, bool, and "list of …". A parsed node is {type, depth, value(names)}.

import { characters, compareTexts } from './texts.mjs'

const LONGEST = 4096, MOST_PARTS = 512, DEEPEST = 32
const LEAST = -(1n << 63n), GREATEST = (1n << 63n) - 1n

export class BadCondition extends Error {}
class Overflow extends Error {}

const fail = (why) => { throw new BadCondition(why) }

// --- tokens ------------------------------------------------------------------------------------------

const WORD = '[_a-zA-Z][_a-zA-Z0-9]*'
const TOKEN = new RegExp([
  '(?<space>[ \\t\\n\\f\\r]+)',
  '(?<int>0x[0-9a-fA-F]+|[0-9]+)(?![\\p{L}0-9_.])',
  '(?<text>"(?:[^"\\\\\\n\\r]|\\\\.)*"|\'(?:[^\'\\\\\\n\\r]|\\\\.)*\')',
  `(?<name>${WORD}(?:\\.${WORD})*)(?!['"])`,
  '(?<sign>&&|\\|\\||==|!=|<=|>=|[<>!+*()\\[\\],-])',
].join('|'), 'yu')

function tokens(source) {
  const found = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < source.length) {
    const match = TOKEN.exec(source)
    if (!match) fail('what CEL does not know, or this page leaves out')
    const [kind, text] = Object.entries(match.groups).find(([, value]) => value !== undefined)
    if (kind !== 'space') found.push(text === 'in' ? { kind: 'sign', text } : { kind, text })
  }
  return found
}

const PLAIN = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92, '?': 63, '"': 34, "'": 39, '`': 96 }
const ESCAPE = /\\(?:([abfnrtv\\?"'`])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|.)/gsu

function unescape(quoted) {
  return quoted.slice(1, -1).replace(ESCAPE, (_, plain, two, four, eight, octal) => {
    if (plain !== undefined) return String.fromCodePoint(PLAIN[plain])
    const digits = two ?? four ?? eight
    const point = digits !== undefined ? parseInt(digits, 16) : octal !== undefined ? parseInt(octal, 8) : -1
    if (point < 0 || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) fail('an escape that is none')
    return String.fromCodePoint(point)
  })
}

// --- meaning -----------------------------------------------------------------------------------------

function within(number) {
  if (number < LEAST || number > GREATEST) throw new Overflow()
  return number
}

function node(type, operands, value) {
  const depth = 1 + Math.max(0, ...operands.map((operand) => operand.depth))
  if (depth > DEEPEST) fail('too deep')
  return { type, depth, value }
}

const order = (type) => (type === 'string' ? compareTexts : (a, b) => (a < b ? -1 : a > b ? 1 : 0))

const COMPARE = {
  '==': (n) => n === 0, '!=': (n) => n !== 0, '<': (n) => n < 0, '<=': (n) => n <= 0, '>': (n) => n > 0,
  '>=': (n) => n >= 0,
}

function comparison(sign, a, b) {
  const equality = sign === '==' || sign === '!='
  if (a.type !== b.type || !(['int', 'string'].includes(a.type) || (a.type === 'bool' && equality))) fail('types')
  const compare = order(a.type)
  return node('bool', [a, b], (names) => COMPARE[sign](compare(a.value(names), b.value(names))))
}

function membership(a, b) {
  if (b.type !== `list of ${a.type}`) fail('types')
  return node('bool', [a, b], (names) => {
    const item = a.value(names)
    return b.value(names).includes(item)
  })
}

function arithmetic(sign, a, b) {
  if (a.type !== b.type) fail('types')
  if (a.type === 'string' && sign === '+') return node('string', [a, b], (names) => a.value(names) + b.value(names))
  if (a.type !== 'int') fail('types')
  const run = { '+': (x, y) => x + y, '-': (x, y) => x - y, '*': (x, y) => x * y }[sign]
  return node('int', [a, b], (names) => within(run(a.value(names), b.value(names))))
}

// Any side that decides does so even if another ends in an error.
function logic(decides, sides) {
  if (sides.some((side) => side.type !== 'bool')) fail('types')
  return node('bool', sides, (names) => {
    let error = null
    for (const side of sides) {
      try {
        if (side.value(names) === decides) return decides
      } catch (caught) {
        if (!(caught instanceof Overflow)) throw caught
        error = caught
      }
    }
    if (error) throw error
    return !decides
  })
}

// --- grammar -----------------------------------------------------------------------------------------

class Parser {
  constructor(source, types) {
    this.tokens = tokens(source)
    this.types = types
    this.at = 0
    this.parts = 0
    this.open = 1
    this.names = new Set()
  }

  is(...texts) {
    const token = this.tokens[this.at]
    return token?.kind === 'sign' && texts.includes(token.text)
  }

  take() { return this.tokens[this.at++] ?? fail('it ends too early') }

  expect(text) { if (!this.is(text)) fail(`${text} is missing`); this.at++ }

  part() { if (++this.parts > MOST_PARTS) fail('too many operators, names, literals and lists') }

  all() {
    const whole = this.or()
    if (this.at < this.tokens.length) fail('something is left over')
    return whole
  }

  or() { return this.chain('||', () => this.and(), true) }
  and() { return this.chain('&&', () => this.relation(), false) }

  // a && b && c is one operator.
  chain(sign, next, decides) {
    const sides = [next()]
    if (!this.is(sign)) return sides[0]
    this.part()
    while (this.is(sign)) { this.at++; sides.push(next()) }
    return logic(decides, sides)
  }

  relation() {
    let left = this.sum()
    while (this.is('==', '!=', '<', '<=', '>', '>=', 'in')) {
      const sign = this.take().text
      this.part()
      const right = sign === 'in' && this.is('[') ? this.list() : this.sum()
      left = sign === 'in' ? membership(left, right) : comparison(sign, left, right)
    }
    return left
  }

  sum() { return this.arithmetic(['+', '-'], () => this.product()) }
  product() { return this.arithmetic(['*'], () => this.unary()) }

  arithmetic(signs, next) {
    let left = next()
    while (this.is(...signs)) {
      const sign = this.take().text
      this.part()
      left = arithmetic(sign, left, next())
    }
    return left
  }

  unary() {
    if (this.is('!')) return this.prefixed('bool', (value) => !value)
    if (this.is('-') && this.tokens[this.at + 1]?.kind === 'int') { this.at++; return this.literal(-1n) }
    return this.is('-') ? this.prefixed('int', (value) => within(-value)) : this.primary()
  }

  prefixed(type, run) {
    this.at++
    this.part()
    const inner = this.unary()
    if (inner.type !== type) fail('types')
    return node(type, [inner], (names) => run(inner.value(names)))
  }

  literal(sign) {
    this.part()
    const number = sign * BigInt(this.take().text.replace(/^0+(?=[0-9])/, ''))
    if (number < LEAST || number > GREATEST) fail('beyond 64 bits')
    return node('int', [], () => number)
  }

  primary() {
    const token = this.tokens[this.at] ?? fail('it ends too early')
    if (this.is('(')) return this.bracketed()
    if (token.kind === 'int') return this.literal(1n)
    if (token.kind === 'sign') return fail('an operand is missing')
    this.part()
    this.at++
    if (token.kind === 'name') return this.name(token.text)
    const text = unescape(token.text)
    return node('string', [], () => text)
  }

  bracketed() {
    if (++this.open > DEEPEST) fail('too deep')
    this.at++
    const inner = this.or()
    this.expect(')')
    this.open--
    return inner
  }

  name(name) {
    if (name === 'true' || name === 'false') return node('bool', [], () => name === 'true')
    const type = this.types(name) ?? fail(`the name ${name} is unknown`)
    this.names.add(name)
    return node(type, [], (names) => names(name))
  }

  list() {
    this.part()
    const items = []
    do { this.at++; items.push(this.or()) } while (this.is(','))
    this.expect(']')
    const [{ type }] = items
    if (items.some((item) => item.type !== type) || type.startsWith('list')) fail('types')
    return node(`list of ${type}`, items, (names) => items.map((item) => item.value(names)))
  }
}

// types(name) is the type of a name or undefined. {names: those that it asks for, holds: names => true or false}
export function readCondition(source, types) {
  if (characters(source) > LONGEST) fail('too long')
  const parser = new Parser(source, types), whole = parser.all()
  if (whole.type !== 'bool') fail('types')
  const holds = (names) => {
    try { return whole.value(names) } catch (error) {
      if (error instanceof Overflow) return false
      throw error
    }
  }
  return { names: parser.names, holds }
}
