package quota

// origins is a heap: the address with the most unknown connections first, of several the one whose
// oldest has been open longest.
type origins []*origin

// Len implements heap.Interface.
func (q origins) Len() int { return len(q) }

// Less implements heap.Interface.
func (q origins) Less(i, j int) bool {
	if a, b := q[i].unknown.Len(), q[j].unknown.Len(); a != b {
		return a > b
	}
	a, b := q[i].oldest(), q[j].oldest()
	return a != nil && (b == nil || a.began < b.began)
}

// Swap implements heap.Interface.
func (q origins) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push implements heap.Interface.
func (q *origins) Push(x any) {
	o := x.(*origin)
	o.index = len(*q)
	*q = append(*q, o)
}

// Pop implements heap.Interface.
func (q *origins) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	last.index = -1
	return last
}
