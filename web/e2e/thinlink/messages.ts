/**
 * Lines of JSON between this driver of one browser and `draille loadtest thinlink`, which starts
 * it.
 */
import type { Notes } from './page/index'

/** What the browser is, from the first argument. */
export type Seat = {
  name: string
  who: number // in their picture: 0 … 7
  chromium: string // program that starts it, inside its namespace if there is one
  insecureOrigin: string // address of the server, which may use camera and microphone without HTTPS
  speech: string // file: what they say
  scale: number // by how much their camera's picture is smaller than 640×360
  page: string // file: the script that runs in the page
  admits: boolean // lets in whoever waits, at once
}

/** On standard input. */
export type Command =
  // open the page and go in; fresh: as somebody who was never there
  | { do: 'visit'; link: string; fresh: boolean }
  | { do: 'admit' } // let in whoever waits, or the next who will
  | { do: 'speak'; on: boolean }
  | { do: 'share'; on: boolean } // a page of text, as their screen
  | { do: 'picture'; caption: string }
  | { do: 'leave' }

/** On standard output. Times in ms since 1970. */
export type Event =
  | { event: 'ready' } // the browser has started
  | { event: 'opened'; at: number } // the link was followed
  | { event: 'inside'; at: number } // in the call
  | { event: 'shared'; at: number } // their screen, just now
  | { event: 'notes'; notes: Notes }
  | { event: 'picture'; at: number; caption: string; png: string }
  | { event: 'left' }
  | { event: 'failed'; reason: string }
