// Reads from a gateway as a page would, and prints what it got as one line of JSON:
//   node read.mjs fetch URL CID[/path]   verified-fetch, from the gateway at URL, found by its own routing
//   node read.mjs cat URL CID [offset length]   a file by @helia/unixfs over HTTP
//   node read.mjs find URL CID   who the gateway's routing says has it
import { createHash } from 'node:crypto'
import { delegatedRoutingV1HttpApiClient } from '@helia/delegated-routing-v1-http-api-client'
import { withHTTP } from '@helia/http'
import { unixfs } from '@helia/unixfs'
import { createVerifiedFetch } from '@helia/verified-fetch'
import { createHeliaLight } from 'helia'
import { CID } from 'multiformats/cid'

const [what, url, address, offset, length] = process.argv.slice(2)

function digest (chunks) {
  const hash = createHash('sha256')
  let bytes = 0
  for (const chunk of chunks) { hash.update(chunk); bytes += chunk.byteLength }
  return { bytes, sha256: hash.digest('hex') }
}

const jobs = {
  async fetch () {
    const helia = await http().start()
    const fetch = await createVerifiedFetch(helia)
    const response = await fetch(`ipfs://${address}`)
    const body = new Uint8Array(await response.arrayBuffer())
    await fetch.stop()
    await helia.stop()
    return { status: response.status, ...digest([body]) }
  },
  async cat () {
    const helia = await http().start()
    const options = offset === undefined ? {} : { offset: Number(offset), length: Number(length) }
    const chunks = []
    for await (const chunk of unixfs(helia).cat(CID.parse(address), options)) chunks.push(chunk)
    await helia.stop()
    return digest(chunks)
  },
  async find () {
    const client = delegatedRoutingV1HttpApiClient({ url })({ logger: quiet() })
    const found = []
    for await (const one of client.getProviders(CID.parse(address))) {
      found.push({ id: String(one.ID), addresses: one.Addrs.map(String), protocols: one.Protocols })
    }
    return { found }
  }
}

function http () {
  return withHTTP(createHeliaLight(), { recursiveGateways: [url], delegatedRouters: [url], allowInsecure: true, allowLocal: true })
}

function quiet () {
  const log = () => {}
  return { forComponent: () => Object.assign(log, { error: log, trace: log, enabled: false, newScope: quiet }) }
}

try {
  console.log(JSON.stringify(await jobs[what]()))
  process.exit(0)
} catch (error) {
  console.log(JSON.stringify({ error: `${error.name}: ${error.message}` }))
  process.exit(1)
}
