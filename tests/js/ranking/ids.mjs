// Record ids, and the little of DAG-CBOR that rankings hash. Inside the engine an id is the hexadecimal of its 36
// bytes: such text orders as the bytes do, which the letters and digits of base32 do not.

import { Link } from '../verify/dag_cbor.mjs'
import { sha256 } from './numbers.mjs'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
const HEAD = '01711220' // version 1, dag-cbor, sha2-256, 32 bytes

export const bytesOf = (id) => Buffer.from(id, 'hex')

// The id in a text, or null if the text is none.
export function parseId(text) {
  if (typeof text !== 'string' || !/^b[a-z2-7]{58}$/.test(text)) return null
  let bits = 0n
  for (const letter of text.slice(1)) bits = bits << 5n | BigInt(ALPHABET.indexOf(letter))
  if (bits & 3n) return null // 58 letters are 290 bits, 36 bytes 288
  const id = (bits >> 2n).toString(16).padStart(72, '0')
  return id.startsWith(HEAD) ? id : null
}

export function textOf(id) {
  let bits = BigInt(`0x${id}`) << 2n, text = ''
  for (let letter = 0; letter < 58; letter++, bits >>= 5n) text = ALPHABET[Number(bits & 31n)] + text
  return `b${text}`
}

export const linkTo = (id) => new Link(bytesOf(id))

function head(major, number) {
  const n = BigInt(number), first = major << 5
  if (n < 24n) return Buffer.from([first | Number(n)])
  const size = n < 1n << 8n ? 1 : n < 1n << 16n ? 2 : n < 1n << 32n ? 4 : 8
  const digits = n.toString(16).padStart(2 * size, '0')
  return Buffer.concat([Buffer.from([first | 24 + Math.log2(size)]), Buffer.from(digits, 'hex')])
}

const SIMPLE = new Map([[false, 0xf4], [true, 0xf5], [null, 0xf6]])

// Integers, text, bytes, links, true, false, null, lists, and maps as Map or plain object.
export function encode(value) {
  if (SIMPLE.has(value)) return Buffer.from([SIMPLE.get(value)])
  if (typeof value === 'number') return encode(BigInt(value))
  if (typeof value === 'bigint') return value < 0n ? head(1, -1n - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  if (value instanceof Link) return Buffer.concat([head(6, 42), encode(Buffer.from([0, ...value.cid]))])
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(encode)])
  const held = value instanceof Map ? [...value] : Object.entries(value)
  const entries = held.map(([key, each]) => [encode(key), encode(each)])
  entries.sort(([a], [b]) => Buffer.compare(a, b)) // the head of a key carries its length, so the shorter is first
  return Buffer.concat([head(5, entries.length), ...entries.flat()])
}

export const idOfBlock = (block) => HEAD + sha256(block).toString('hex')
