// Strict DAG-CBOR as docs/spec/records.md, section 2, asks for it.
// Integers come out as BigInt, byte strings as Uint8Array, links as Link, floats as Float, maps as Map.

export class Malformed extends Error {}
export class Link { constructor(cid) { this.cid = cid } }
export class Float { constructor(value) { this.value = value } }

const DIGEST_SIZES = new Map([[0x11n, 20n], [0x12n, 32n], [0x13n, 64n], [0x1bn, 32n], [0x1en, 32n], [0x20n, 48n]])
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function compare(a, b) {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] - b[i]
  return a.length - b.length
}

export function decode(bytes) {
  const reader = new Reader(bytes)
  const value = reader.value()
  if (reader.at !== bytes.length) throw new Malformed('bytes after the value')
  return value
}

class Reader {
  constructor(bytes) { this.bytes = bytes; this.at = 0 }

  take(count) {
    if (count > this.bytes.length - this.at) throw new Malformed('cut short')
    this.at += count
    return this.bytes.subarray(this.at - count, this.at)
  }

  // The number in a head, in its shortest form.
  number(info) {
    if (info < 24) return BigInt(info)
    if (info > 27) throw new Malformed('indefinite or reserved head')
    let number = 0n
    for (const byte of this.take(1 << (info - 24))) number = number << 8n | BigInt(byte)
    const least = [24n, 1n << 8n, 1n << 16n, 1n << 32n][info - 24]
    if (number < least) throw new Malformed('a head that is not the shortest')
    return number
  }

  count(info) {
    const number = this.number(info)
    if (number > BigInt(this.bytes.length)) throw new Malformed('cut short')
    return Number(number)
  }

  // Nesting is bounded by a walk over a stack, so that no input exhausts the machine's own.
  value() {
    const stack = []
    for (;;) {
      let item = this.item()
      if (item instanceof Open && item.left) { stack.push(item); continue }
      if (item instanceof Open) item = item.container
      for (;;) {
        const open = stack.at(-1)
        if (!open) return item
        open.put(item)
        if (open.left) break
        item = stack.pop().container
      }
    }
  }

  item() {
    const first = this.take(1)[0], info = first & 31
    switch (first >> 5) {
      case 0: return this.number(info)
      case 1: return -1n - this.number(info)
      case 2: return this.take(this.count(info))
      case 3: return this.text(info)
      case 4: return new Open([], this.count(info))
      case 5: return new Open(new Map(), 2 * this.count(info))
      case 6: return this.link(info)
      default: return this.simple(info)
    }
  }

  text(info) {
    const bytes = this.take(this.count(info))
    try { return utf8.decode(bytes) } catch { throw new Malformed('not UTF-8') }
  }

  link(info) {
    if (this.number(info) !== 42n) throw new Malformed('a tag other than 42')
    const first = this.take(1)[0]
    if (first >> 5 !== 2) throw new Malformed('tag 42 on something other than bytes')
    const bytes = this.take(this.count(first & 31))
    if (bytes[0] !== 0) throw new Malformed('a link without its zero')
    checkCid(bytes.subarray(1))
    return new Link(bytes.subarray(1))
  }

  simple(info) {
    if (info === 20 || info === 21) return info === 21
    if (info === 22) return null
    if (info !== 27) throw new Malformed('a simple value or short float')
    const bytes = this.take(8)
    const value = new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0)
    if (!Number.isFinite(value) || Object.is(value, -0)) throw new Malformed('a float without canonical form')
    return new Float(value)
  }
}

class Open {
  constructor(container, left) { this.container = container; this.left = left; this.key = null }

  put(item) {
    this.left--
    if (Array.isArray(this.container)) { this.container.push(item); return }
    if (this.left % 2 === 0) { this.container.set(this.key, item); return }
    if (typeof item !== 'string') throw new Malformed('a key that is not text')
    if (this.container.size && !follows(this.key, item)) throw new Malformed('keys out of order')
    this.key = item
  }
}

function follows(before, after) {
  const [a, b] = [before, after].map((text) => new TextEncoder().encode(text))
  return a.length === b.length ? compare(a, b) < 0 : a.length < b.length
}

export function checkCid(cid) {
  if (cid.length < 4 || cid.length > 64 || cid[0] !== 1) throw new Malformed('no CIDv1')
  let at = 1
  const varint = () => {
    let value = 0n
    for (let i = 0; i < 9 && at < cid.length; i++) {
      const byte = cid[at++]
      value |= BigInt(byte & 127) << BigInt(7 * i)
      if (byte < 128) {
        if (byte === 0 && i) break
        return value
      }
    }
    throw new Malformed('a varint in a CID')
  }
  varint()
  const hash = varint(), size = varint()
  if (size !== BigInt(cid.length - at)) throw new Malformed('the digest of a CID')
  if (DIGEST_SIZES.has(hash) && DIGEST_SIZES.get(hash) !== size) throw new Malformed('the digest of a CID')
}
