// Node alone: it says that it runs, and stays.
process.stdout.write('ready\n')
setInterval(() => undefined, 0x7fff_ffff)
