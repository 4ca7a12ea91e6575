package allocation

import (
	"cmp"
	"slices"
)

// rungs returns the layers worth choosing for a picture, from worst to best, each dearer than the
// one before. The layer that it has now (if any) is always among them unless it is too large, even
// when a better one costs less by now: bit rates are measured and move, and that alone is no reason
// to change.
func rungs(video *Video, current *Layer) []Layer {
	largest := sufficient(video)
	layers := slices.DeleteFunc(slices.Clone(video.Layers), func(l Layer) bool {
		return l.Bitrate <= 0 || pixels(l) > largest
	})
	slices.SortStableFunc(layers, func(a, b Layer) int { return compare(video.Priority, a, b) })
	kept := len(layers)
	for i := len(layers) - 1; i >= 0; i-- {
		dearer := kept < len(layers) && layers[i].Bitrate >= layers[kept].Bitrate
		if !dearer || same(current, layers[i]) {
			kept--
			layers[kept] = layers[i]
		}
	}
	return layers[kept:]
}

func same(current *Layer, l Layer) bool {
	return current != nil && current.Spatial == l.Spatial && current.Temporal == l.Temporal
}

// sufficient returns the pixels of the smallest layer that fills the picture's place on the page,
// or of the largest layer if none does. A picture keeps its shape, so that one of width and height
// is enough.
func sufficient(video *Video) int {
	enough, largest := 0, 0
	for _, l := range video.Layers {
		largest = max(largest, pixels(l))
		fills := float64(l.Width) >= fit*float64(video.Width) ||
			float64(l.Height) >= fit*float64(video.Height)
		if known := video.Width > 0 && video.Height > 0; known && fills &&
			(enough == 0 || pixels(l) < enough) {
			enough = pixels(l)
		}
	}
	if enough > 0 {
		return enough
	}
	return largest
}

// compare ranks two layers of a picture of that priority.
func compare(priority Priority, a, b Layer) int {
	motion := 0
	if priority != Document {
		motion = cmp.Compare(min(a.Framerate, MotionFramerate), min(b.Framerate, MotionFramerate))
	}
	return cmp.Or(
		motion,
		cmp.Compare(pixels(a), pixels(b)),
		cmp.Compare(a.Framerate, b.Framerate),
		cmp.Compare(a.Spatial, b.Spatial),
		cmp.Compare(a.Temporal, b.Temporal),
	)
}

// sharp returns the index of the first rung of a document at its full size.
func sharp(rungs []Layer) int {
	for i := range rungs {
		if top := rungs[len(rungs)-1]; pixels(rungs[i]) == pixels(top) &&
			rungs[i].Spatial == top.Spatial {
			return i
		}
	}
	return -1
}

func pixels(l Layer) int { return l.Width * l.Height }
