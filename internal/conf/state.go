package conf

// vrrpState is what has been read for the VRRP child so far.
type vrrpState struct {
	byName    map[string]*instanceBlock
	instances []*instanceBlock
	table     table[instanceBlock]

	groups      []*groupBlock
	groupNames  map[string]bool
	trackGroups map[string]bool
	scriptOrder []*trackScript
	trackers    map[Target]*tracker
	trackFiles  map[string]bool
	files       []*trackFile
	processes   []*trackProcess
	bfd         map[string]bool
	garpLinks   map[string]bool
	polled      []polledLink
	addressOpts []option[addressLine]
	routeOpts   map[string]*option[routeLine]
	ruleOpts    map[string]*option[ruleLine]
	missingLink bool   // an interface that must be there is not
	nextRule    [2]int // preference of the next rule that gives none, for IPv4 and IPv6
}

func (s *vrrpState) instance(name string) *instanceBlock { return s.byName[name] }

func (s *vrrpState) add(t *instanceBlock) {
	if s.byName == nil {
		s.byName = map[string]*instanceBlock{}
	}
	s.byName[t.Name] = t
	s.instances = append(s.instances, t)
}

func (s *vrrpState) keywords() table[instanceBlock] {
	if s.table == nil {
		s.table = newTable(instanceKeywords())
	}
	return s.table
}

// define notes a name in one of the sets.
func define(set *map[string]bool, name string) {
	if *set == nil {
		*set = map[string]bool{}
	}
	(*set)[name] = true
}
