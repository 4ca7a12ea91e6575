import { words } from '../../words'

/** How many pictures a question has at most, as the server counts them. */
export const most = 10

/** What the browser turns other kinds into, such as the HEIC of an iPhone. */
const kinds = 'image/jpeg,image/png,image/webp'

type PickerProps = { free: number; onFiles: (files: File[]) => void }

/** Takes pictures with the device's camera, or from what is there. */
export function Picker({ free, onFiles }: PickerProps) {
  const { pictures } = words.value.opinion
  if (free < 1) return <p class="soft">{pictures.full}</p>
  const picked = (input: HTMLInputElement) => {
    onFiles([...(input.files ?? [])].slice(0, free))
    input.value = '' // so that the same one may be chosen again
  }
  return (
    <div class="field">
      <div class="actions actions--row">
        <label class="button picker">
          {pictures.take}
          <input
            type="file"
            accept={kinds}
            capture="environment"
            onChange={(event) => picked(event.currentTarget)}
          />
        </label>
        <label class="button picker">
          {pictures.choose}
          <input
            type="file"
            accept={kinds}
            multiple
            onChange={(event) => picked(event.currentTarget)}
          />
        </label>
      </div>
      <p class="field-help">{pictures.help}</p>
    </div>
  )
}
