/** Records a clip of sound, such as a cough or breathing. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { DeviceTrouble } from '../../../engine/api'
import { troubleOf } from '../../../engine/send/constraints'
import { soundSeconds } from '../../api'
import { clipOf, SoundError, type SoundTrouble } from './sound'

export type Recording = {
  state: 'before' | 'recording' | 'preparing'
  seconds: number // that have been recorded
  trouble?: SoundTrouble
  refused?: DeviceTrouble // of the microphone
}

/** What makes a voice clear takes breathing for noise. */
const asItIs: MediaTrackConstraints = {
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
}

const before: Recording = { state: 'before', seconds: 0 }

export function useRecording(onClip: (clip: Blob) => void) {
  const [recording, setRecording] = useState(before)
  const recorder = useRef<MediaRecorder>(undefined)
  const gone = useRef(false)
  const stop = () => {
    if (recorder.current?.state === 'recording') recorder.current.stop()
  }
  useEffect(() => {
    return () => {
      gone.current = true
      stop()
    }
  }, [])

  const choose = async (file: Blob) => {
    setRecording({ ...before, state: 'preparing' })
    try {
      onClip(await clipOf(file))
      setRecording(before)
    } catch (error) {
      const trouble = error instanceof SoundError ? error.trouble : 'unreadable'
      setRecording({ ...before, trouble })
    }
  }

  const start = async () => {
    if (recorder.current?.state === 'recording') return
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: asItIs })
      const close = () => stream.getTracks().forEach((track) => track.stop())
      if (gone.current) return close()
      const parts: Blob[] = []
      const now = new MediaRecorder(stream)
      recorder.current = now
      const began = performance.now()
      const timer = setInterval(() => {
        const seconds = Math.floor((performance.now() - began) / 1000)
        if (seconds >= soundSeconds) stop()
        else setRecording({ state: 'recording', seconds })
      }, 250)
      now.ondataavailable = ({ data }) => parts.push(data)
      now.onstop = () => {
        clearInterval(timer)
        close()
        if (!gone.current) void choose(new Blob(parts, { type: now.mimeType }))
      }
      now.start()
      setRecording({ state: 'recording', seconds: 0 })
    } catch (error) {
      setRecording({ ...before, refused: troubleOf(error, isSecureContext) })
    }
  }
  return { recording, start, stop, choose }
}
