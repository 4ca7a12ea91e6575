/** A camera whose photos have far more pixels than its moving picture: no two tiles are alike. */
export const photoCamera = {
  content: `window.ImageCapture = class {
    getPhotoCapabilities = async () => ({ imageWidth: { max: 800 }, imageHeight: { max: 600 } })
    takePhoto = async ({ imageWidth, imageHeight }) => {
      const canvas = new OffscreenCanvas(imageWidth, imageHeight)
      const context = canvas.getContext('2d')
      for (let y = 0; y < imageHeight; y += 40)
        for (let x = 0; x < imageWidth; x += 40) {
          context.fillStyle = 'rgb(' + [x % 251, y % 241, (x + y) % 239].join() + ')'
          context.fillRect(x, y, 40, 40)
        }
      return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 })
    }
  }`,
}
