// Calls the RPC of Kubo as a script would, and prints what it got as one line of JSON:
//   node client.mjs JOB URL TOKEN [arguments]
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { create, globSource } from 'kubo-rpc-client'

const [job, url, token, ...given] = process.argv.slice(2)
const ipfs = create({ url: `${url}/api/v0`, headers: token === '' ? {} : { authorization: `Bearer ${token}` } })

async function all (source) {
  const found = []
  for await (const one of source) found.push(one)
  return found
}

const rows = added => added.map(({ path, cid, size }) => ({ path, cid: String(cid), size }))

async function failing (call) {
  try {
    await call()
  } catch (error) {
    return error.message
  }
}

const jobs = {
  // a file and a folder, in the forms of the given options
  async add (file, folder, options) {
    const told = []
    const source = { path: 'a file.bin', content: await readFile(file) }
    return {
      text: rows([await ipfs.add('Mary had a little lamb')]),
      file: rows([await ipfs.add(source, JSON.parse(options))]),
      folder: rows(await all(ipfs.addAll(globSource(folder, '**/*'), { ...JSON.parse(options), wrapWithDirectory: true }))),
      progress: rows([await ipfs.add(source, { progress: (bytes, path) => told.push([bytes, path]) })]),
      told: told.at(-1)
    }
  },
  async cat (path, offset, length) {
    const options = offset === undefined ? {} : { offset: Number(offset), length: Number(length) }
    const hash = createHash('sha256')
    for await (const piece of ipfs.cat(path, options)) hash.update(piece)
    return { sha256: hash.digest('hex') }
  },
  // a block put, told, given and removed
  async block (text) {
    const cid = await ipfs.block.put(new TextEncoder().encode(text), { cidCodec: 'raw', mhtype: 'sha2-256' })
    const stat = await ipfs.block.stat(cid)
    const block = new TextDecoder().decode(await ipfs.block.get(cid))
    const old = await ipfs.block.put(new TextEncoder().encode('\u000a\u0000'), { format: 'dag-pb' })
    const removed = await all(ipfs.block.rm([cid, cid]))
    return {
      cid: String(cid),
      stat: { cid: String(stat.cid), size: stat.size },
      block,
      old: String(old),
      removed: removed.map(one => [String(one.cid), one.error?.message ?? null])
    }
  },
  // pinned, listed, listed by path, and taken back
  async pin (path) {
    const cid = await ipfs.pin.add(path, { name: 'from a script' })
    const listed = await all(ipfs.pin.ls({ type: 'recursive', names: true }))
    const [asked] = await all(ipfs.pin.ls({ paths: cid }))
    const indirect = await all(ipfs.pin.ls({ type: 'indirect' }))
    await ipfs.pin.rm(cid)
    return {
      cid: String(cid),
      names: listed.filter(pin => pin.cid.equals(cid)).map(pin => pin.name),
      asked: asked.type,
      indirect: indirect.length,
      again: await failing(() => ipfs.pin.rm(cid))
    }
  },
  async who () {
    const { id, agentVersion, addresses } = await ipfs.id()
    const { version } = await ipfs.version()
    return { id: String(id), agentVersion, addresses: addresses.map(String), version }
  },
  async errors (missing) {
    return {
      option: await failing(() => ipfs.add('x', { trickle: true })),
      missing: await failing(() => all(ipfs.cat(missing))),
      path: await failing(() => ipfs.add({ path: '../x', content: 'x' })),
      command: await failing(() => ipfs.files.stat('/'))
    }
  }
}

try {
  console.log(JSON.stringify(await jobs[job](...given)))
  process.exit(0)
} catch (error) {
  console.log(JSON.stringify({ error: `${error.name}: ${error.message}` }))
  process.exit(1)
}
