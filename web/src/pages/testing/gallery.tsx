/**
 * Shows one scene in a real browser, without a server: gallery.html?scene=telestaff15. It is no
 * part of the client.
 */
import { render } from 'preact'
import type { PictureSource } from '../../engine/api'
import { startLanguage } from '../../i18n'
import { App } from '../App'
import { NoInvitation } from '../../staff/NoInvitation'
import { scenes } from './scenes'
import '../../styles'

const options = new URLSearchParams(location.search)
const scene = options.get('scene') ?? ''
startLanguage(options.get('lang'))

/** A drawn face or page that stands for a picture. */
function draw(hue: number, source: PictureSource): MediaStream {
  const canvas = document.createElement('canvas')
  ;[canvas.width, canvas.height] = source === 'screen' ? [1280, 720] : [640, 360]
  const paper = canvas.getContext('2d') as CanvasRenderingContext2D
  const paint = () => {
    const { width, height } = canvas
    paper.fillStyle = source === 'screen' ? '#fff' : `hsl(${hue} 25% 62%)`
    paper.fillRect(0, 0, width, height)
    if (source === 'screen') {
      paper.fillStyle = '#222'
      paper.font = '34px serif'
      for (let line = 0; line < 12; line++)
        paper.fillText(
          `${line + 1}. Projet de soins, réunion pluridisciplinaire`,
          80,
          90 + line * 52,
        )
    } else {
      paper.fillStyle = `hsl(${hue} 30% 35%)`
      paper.beginPath()
      paper.ellipse(width / 2, height, width * 0.24, height * 0.42, 0, 0, 7)
      paper.fill()
      paper.fillStyle = `hsl(${20 + (hue % 15)} 45% ${45 + (hue % 30)}%)`
      paper.beginPath()
      paper.ellipse(width / 2, height * 0.42, width * 0.1, height * 0.24, 0, 0, 7)
      paper.fill()
    }
  }
  paint()
  setInterval(paint, 200)
  return canvas.captureStream(5)
}

const page = document.getElementById('page') as HTMLElement
const make = scenes[scene]
if (make) {
  const call = make()
  call.painter = (element, participant, source) => {
    const hue = [...participant].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 360
    element.srcObject = draw(hue, source)
    element.play().catch(() => undefined)
  }
  call.selfStream.value = draw(200, 'camera')
  Object.assign(window, { call })
  render(<App call={call} />, page)
} else {
  render(<NoInvitation />, page)
}
