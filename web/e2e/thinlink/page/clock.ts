/** Now, in ms since 1970 and with fractions: the same clock in every browser of a machine. */
export const now = (): number => performance.timeOrigin + performance.now()
export const at = (time: DOMHighResTimeStamp): number => performance.timeOrigin + time
