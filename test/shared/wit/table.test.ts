import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ManifestImport } from '../../../shared/documents/manifest.ts'
import { signatureText } from '../../../shared/signature.ts'
import { functionDigest } from '../../../shared/wasm/interface-digest.ts'
import { worldOfWit } from '../../../shared/wasm/wit-text.ts'
import { hostFunctionOf, hostFunctions, interfacesOf, isHardware, shapeDifference } from '../../../shared/wit/table.ts'

const wit = (file: string): string => readFileSync(new URL(`../../../shared/wit/${file}`, import.meta.url), 'utf8')

/** What a guest imports that was made against this WIT text. */
async function importsOf(source: string, world: string): Promise<ManifestImport[]> {
  const { imports } = await worldOfWit(source, world)
  return imports.flatMap(({ module, functions }) =>
    functions.map(({ name, signature }) => ({
      module,
      name,
      signature: signatureText(signature),
      digest: functionDigest(module, name, signature),
    })),
  )
}

const named = (imports: readonly ManifestImport[], name: string): ManifestImport => {
  const found = imports.find((one) => one.name === name)
  if (!found) throw new Error(`nothing is called ${name}`)
  return found
}

describe('the table of host functions', () => {
  it('has the shapes of our WIT files by the digest of each function', () => {
    expect(new Set(hostFunctions.map(({ digest }) => digest)).size).toBe(hostFunctions.length)
    expect(hostFunctions.find(({ name }) => name === '[method]i2c.write-read')).toMatchObject({
      module: 'wasi:i2c/i2c',
      version: '0.2.0-draft',
      shape: 'i2c',
      signature:
        'func(self:borrow<i2c>,address:u16,write:list<u8>,read-len:u64)->result<list<u8>,variant{bus,arbitration-loss,no-acknowledge(enum{address,data,unknown}),overrun,other}>',
    })
  })

  it('says what each kind of agent can offer', () => {
    expect(interfacesOf('c')).toEqual([
      'wasi:i2c/i2c',
      'wasi:i2c/delay',
      'wasi:spi/spi',
      'wasi:gpio/digital',
      'wasi:gpio/digital-async',
      'samara:device/open',
      'samara:device/config',
    ])
    expect(interfacesOf('linux')).toEqual(
      expect.arrayContaining([...interfacesOf('c'), 'component:usb/device', 'wasi:usb/device', 'samara:pins/open']),
    )
  })

  it('knows its own packages, whatever their version', () => {
    expect(isHardware('wasi:gpio/digital@0.3.0')).toBe(true)
    expect(isHardware('wasi:gpio/ananlog')).toBe(true)
    expect(isHardware('wasi:io/poll@0.2.6')).toBe(false)
    expect(isHardware('wasi:gpiox/digital')).toBe(false)
  })
})

describe('a shape', () => {
  it('is offered in both forms of gpio, which share name and version', async () => {
    const now = await importsOf(
      `${wit('wasi-gpio.wit')}\npackage wasi:io@0.2.6 {${body(wit('wasi-io.wit'))}}`,
      'imports',
    )
    const then = await importsOf(wit('gpio-2025/wasi-gpio.wit'), 'imports')
    const shapes = (imports: ManifestImport[]) => new Set(imports.map((one) => hostFunctionOf(one)?.shape))
    expect(shapes(now.filter(({ module }) => isHardware(module)))).toEqual(new Set(['gpio-2026']))
    expect(shapes(then)).toEqual(new Set(['gpio-2025']))
  })

  it('is offered under both names of usb', async () => {
    for (const file of ['component-usb.wit', 'wasi-usb.wit']) {
      const imports = await importsOf(wit(file), 'guest')
      expect(imports.length).toBeGreaterThan(20)
      expect(imports.map(shapeDifference).filter(Boolean)).toEqual([])
    }
  })

  it('of await-transfer that borrows its transfer and gives packets is another one, and both are named', async () => {
    const source = wit('component-usb.wit').replace(
      'await-transfer: func(xfer: transfer) -> result<list<u8>, libusb-error>;',
      `record packet { actual-length: u32, status: s32 }
       record outcome { data: list<u8>, packets: list<packet> }
       await-transfer: func(xfer: borrow<transfer>) -> result<outcome, libusb-error>;`,
    )
    const imports = await importsOf(source, 'guest')
    expect(imports.map(shapeDifference).filter(Boolean)).toEqual([
      'component:usb/transfers@0.2.1#await-transfer: func(xfer:borrow<transfer>)->result<record{data:list<u8>,packets:list<record{actual-length:u32,status:s32}>},…> asked for, func(xfer:own<transfer>)->result<list<u8>,…> offered',
    ])
  })

  it('of spi.write as the proposal misspells it is another one, and both are named', async () => {
    const source = wit('wasi-spi.wit').replace('-> result<_, error>;', '-> result<error>;')
    const imports = await importsOf(source, 'wasi-spi')
    const error = 'variant{overrun,mode-fault,frame-format,chip-select-fault,other(string)}'
    expect(imports.map(shapeDifference).filter(Boolean)).toEqual([
      `wasi:spi/spi#[method]spi-device.write: func(self:borrow<spi-device>,data:list<u8>)->result<${error}> asked for, func(self:borrow<spi-device>,data:list<u8>)->result<_,${error}> offered`,
    ])
  })

  it('with a function that no shape has names those that there are', async () => {
    const [stranger] = await importsOf(
      'package wasi:i2c@0.2.0-draft; interface delay { wait: func(ms: u32); } world w { import delay; }',
      'w',
    )
    expect(shapeDifference(stranger as ManifestImport)).toBe(
      'wasi:i2c/delay@0.2.0-draft#wait: func(ms:u32) asked for, not offered; wasi:i2c/delay has [method]delay.delay-ns',
    )
  })

  it('of an interface that nobody has names the interfaces that there are', async () => {
    const [stranger] = await importsOf(
      'package acme:can; interface bus { send: func(id: u32); } world w { import bus; }',
      'w',
    )
    expect(shapeDifference(stranger as ManifestImport)).toMatch(
      /^acme:can\/bus#send: func\(id:u32\) asked for, not offered; there are wasi:i2c\/i2c, .*samara:device\/config$/,
    )
  })

  it('does not depend on the version in its name', async () => {
    const imports = await importsOf(
      wit('wasi-spi.wit').replace('package wasi:spi;', 'package wasi:spi@0.9.0;'),
      'wasi-spi',
    )
    expect(hostFunctionOf(named(imports, 'open'))).toMatchObject({ module: 'wasi:spi/spi', version: '' })
  })
})

/** A text without its package line. */
const body = (source: string): string => source.replace(/^package .*;$/m, '')
