package bounds

// Places returns what stands of networks' hashes in the places that are taken, each
// with the number of its set.
func (r *Rate) Places() (list []uint64) {
	for i := range r.sets {
		for j := range r.sets[i] {
			if place := r.sets[i][j].Load(); place != 0 {
				list = append(list, place&^clockMask|uint64(i))
			}
		}
	}
	return list
}
