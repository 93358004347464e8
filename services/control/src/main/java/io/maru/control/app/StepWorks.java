package io.maru.control.app;

import io.maru.control.domain.StepKind;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** All kinds of steps that there are. */
public final class StepWorks {
    private final List<String> names;
    private final Map<String, StepWork> byKind;

    public StepWorks(Collection<? extends StepWork> works) {
        this.names = works.stream().map(work -> work.kind().name()).toList();
        this.byKind = works.stream()
                .collect(Collectors.toUnmodifiableMap(work -> work.kind().name(), Function.identity()));
    }

    public Optional<StepWork> find(String kind) {
        return Optional.ofNullable(byKind.get(kind));
    }

    /** Names of the kinds, in the order in which they were given. */
    public List<String> names() {
        return names;
    }

    public List<StepKind> kinds() {
        return names.stream().map(name -> byKind.get(name).kind()).toList();
    }
}
