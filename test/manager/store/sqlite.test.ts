import { join } from 'node:path'
import { storeContract } from './contract.case.ts'
import { store, temporaryFolder } from './support.ts'

storeContract('sqlite store', async () => {
  const dir = join(await temporaryFolder(), 'data')
  const first = await store({ dir })
  return {
    store: first,
    reopen: async () => {
      await first.close()
      return store({ dir })
    },
  }
})
