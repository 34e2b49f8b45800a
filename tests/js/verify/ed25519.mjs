// Ed25519 as docs/spec/records.md, section 3, asks for it: WebCrypto, and what it leaves open.

const subtle = globalThis.crypto.subtle
const P = (1n << 255n) - 19n
const L = (1n << 252n) + 27742317777372353535851937790883648493n
const mod = (n) => ((n % P) + P) % P

function power(base, exponent) {
  let result = 1n
  for (base = mod(base); exponent; exponent >>= 1n, base = base * base % P) if (exponent & 1n) result = result * base % P
  return result
}

const D = mod(-121665n * power(121666n, P - 2n))
const ROOT = power(2n, (P - 1n) / 4n)

const little = (bytes) => bytes.reduceRight((number, byte) => number << 8n | BigInt(byte), 0n)

// Extended coordinates, RFC 8032 section 5.1.4.
function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = mod((y1 - x1) * (y2 - x2)), b = mod((y1 + x1) * (y2 + x2))
  const c = mod(2n * D * t1 * t2), d = mod(2n * z1 * z2)
  const e = b - a, f = d - c, g = d + c, h = b + a
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)]
}

function decodePoint(bytes) {
  const number = little(bytes), sign = number >> 255n, y = number & ((1n << 255n) - 1n)
  if (y >= P) return null
  const square = mod((y * y - 1n) * power(D * y * y + 1n, P - 2n))
  let x = power(square, (P + 3n) / 8n)
  if (mod(x * x) !== square) x = mod(x * ROOT)
  if (mod(x * x) !== square) return null
  if (x === 0n && sign) return null
  if ((x & 1n) !== sign) x = P - x
  return [x, y, 1n, mod(x * y)]
}

const isNeutral = ([x, y, z]) => x === 0n && y === z

const judged = new Map()

// Whether a key is the canonical encoding of a point of prime order. WebCrypto does not ask.
export function isValidKey(key) {
  const name = String(key)
  if (!judged.has(name)) judged.set(name, judge(key))
  return judged.get(name)
}

function judge(key) {
  if (key.length !== 32) return false
  const point = decodePoint(key)
  if (point === null || isNeutral(point)) return false
  let result = [0n, 1n, 1n, 0n], power = point
  for (let n = L; n; n >>= 1n, power = add(power, power)) if (n & 1n) result = add(result, power)
  return isNeutral(result)
}

export async function verify(key, message, signature) {
  if (signature.length !== 64 || !isValidKey(key)) return false
  if (little(signature.subarray(32)) >= L) return false
  if (little(signature.subarray(0, 32)) === 1n) return false // R is the neutral element
  const imported = await subtle.importKey('raw', key, { name: 'Ed25519' }, false, ['verify'])
  return subtle.verify({ name: 'Ed25519' }, imported, signature, message)
}
