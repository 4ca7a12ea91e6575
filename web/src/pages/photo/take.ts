/** Takes a photo with a camera that is open: at its full resolution where the browser can. */

type Range = { max?: number }
type Capture = {
  getPhotoCapabilities(): Promise<{ imageWidth?: Range; imageHeight?: Range }>
  takePhoto(settings?: { imageWidth?: number; imageHeight?: number }): Promise<Blob>
}
type WithCapture = { ImageCapture?: new (track: MediaStreamTrack) => Capture }

/** Some cameras never answer. */
const patience = 8_000 // ms

export async function take(track: MediaStreamTrack): Promise<Blob> {
  const { ImageCapture } = globalThis as WithCapture
  if (ImageCapture) {
    try {
      return await within(full(new ImageCapture(track)))
    } catch {
      // This camera takes none: a frame of its picture is what there is.
    }
  }
  return frame(track)
}

async function full(capture: Capture): Promise<Blob> {
  const { imageWidth, imageHeight } = await capture.getPhotoCapabilities()
  const size = { imageWidth: imageWidth?.max, imageHeight: imageHeight?.max }
  return capture.takePhoto(size.imageWidth && size.imageHeight ? size : undefined)
}

function within<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('the camera takes too long')), patience)
    promise.then(resolve, reject)
  })
}

async function frame(track: MediaStreamTrack): Promise<Blob> {
  const video = document.createElement('video')
  video.muted = video.playsInline = true
  video.srcObject = new MediaStream([track])
  await video.play()
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight })
  canvas.getContext('2d')!.drawImage(video, 0, 0)
  video.srcObject = null
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', 0.95))
  if (!blob) throw new Error('expected a frame of the camera, got none')
  return blob
}
