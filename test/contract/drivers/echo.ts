import { definePart } from '../../../proplet/lab/part.ts'

export default definePart({
  name: 'echo',
  doc: 'SPI chip that answers each byte with the same byte, as a wire from MOSI to MISO does.',
  properties: {},
  create: () => ({ spi: { select: () => undefined, exchange: (mosi) => mosi, deselect: () => undefined } }),
})
