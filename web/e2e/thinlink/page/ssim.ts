/**
 * Likeness of two pictures (Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error
 * visibility to structural similarity", IEEE TIP 2004): on luma, in windows of 8 × 8 pixels that do
 * not overlap, without the Gaussian weights of the paper, mean of all windows. 1 is the same
 * picture; 0.95 a good one; below 0.8 a face is hard to read.
 */
export function ssim(a: Float32Array, b: Float32Array, width: number, height: number): number {
  const side = 8
  const c1 = (0.01 * 255) ** 2
  const c2 = (0.03 * 255) ** 2
  const n = side * side
  let sum = 0
  let windows = 0
  for (let top = 0; top + side <= height; top += side) {
    for (let left = 0; left + side <= width; left += side) {
      let sa = 0
      let sb = 0
      let saa = 0
      let sbb = 0
      let sab = 0
      for (let y = top; y < top + side; y++) {
        for (let i = y * width + left; i < y * width + left + side; i++) {
          const va = a[i]!
          const vb = b[i]!
          sa += va
          sb += vb
          saa += va * va
          sbb += vb * vb
          sab += va * vb
        }
      }
      const ma = sa / n
      const mb = sb / n
      const variances = (saa + sbb) / n - ma * ma - mb * mb
      const covariance = sab / n - ma * mb
      sum +=
        ((2 * ma * mb + c1) * (2 * covariance + c2)) / ((ma * ma + mb * mb + c1) * (variances + c2))
      windows++
    }
  }
  return sum / windows
}

/** Luma (BT.601) of RGBA pixels, from the row `top` on. */
export function luma(pixels: Uint8ClampedArray, width: number, top: number): Float32Array {
  const out = new Float32Array(pixels.length / 4 - top * width)
  for (let i = 0, p = 4 * top * width; i < out.length; i++, p += 4)
    out[i] = 0.299 * pixels[p]! + 0.587 * pixels[p + 1]! + 0.114 * pixels[p + 2]!
  return out
}
