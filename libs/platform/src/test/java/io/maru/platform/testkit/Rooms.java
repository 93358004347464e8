package io.maru.platform.testkit;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.maru.platform.grpc.CheckedRequests;
import io.quarkus.grpc.GrpcService;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/*
 *     domain                                  sees nothing of the service
 *     app                                     sees domain
 *     work  grpc  http  kafka  client  store  see app and domain, and never each other
 *     the root: Wiring, configuration, meters sees everything; no room sees it
 */
/**
 * Who may see whom within a service. The test of a service is one line:
 *
 * <pre>{@code
 * Rooms.check("io.maru.checkpoint");
 * }</pre>
 */
public final class Rooms {
    private static final List<String> DOORS = List.of("work", "grpc", "http", "kafka", "client", "store");
    private static final Set<String> PLAIN = Set.of("domain", "app");
    /** Of a lease: plain, so that a port of {@code app} can say for which claim it writes. */
    private static final String CLAIM = "io.maru.platform.work.Claim";

    private static final String[] TECHNICAL = {
        "io.quarkus..",
        "io.smallrye..",
        "io.vertx..",
        "jakarta..",
        "io.grpc..",
        "com.google.protobuf..",
        "com.google.rpc..",
        "org.apache.kafka..",
        "java.sql..",
        "javax.sql..",
        "io.minio..",
        "io.micrometer..",
        "io.opentelemetry..",
        "io.maru.*.v1..",
        "io.maru.platform.database..",
        "io.maru.platform.event..",
        "io.maru.platform.grpc..",
        "io.maru.platform.store..",
        "io.maru.platform.trace..",
        "io.maru.platform.wiring..",
        "io.maru.platform.work.."
    };

    private final String home;
    private final JavaClasses classes;

    private Rooms(String home) {
        this.home = home;
        this.classes = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages(home);
    }

    /** @param home the service's package, which has its root classes and the rooms */
    public static void check(String home) {
        Rooms rooms = new Rooms(home);
        rooms.theyHaveKnownNames();
        rooms.domainAndAppArePlain();
        rooms.noneSeesWhatItMustNot();
        rooms.onlyTheStoreWritesRowsAndFacts();
        rooms.everyGrpcServiceChecksItsRequests();
    }

    private void theyHaveKnownNames() {
        List<String> known = Stream.concat(PLAIN.stream(), DOORS.stream()).toList();
        assertThat(known).as("the rooms of %s", home).containsAll(present());
        assertThat(present()).as("the rooms of %s", home).contains("app");
    }

    private void domainAndAppArePlain() {
        for (String room : PLAIN) {
            check(room, resideInAnyPackage(TECHNICAL).and(DescribedPredicate.not(named(CLAIM))));
        }
    }

    private static DescribedPredicate<JavaClass> named(String name) {
        return DescribedPredicate.describe(name, type -> type.getName().equals(name));
    }

    private void noneSeesWhatItMustNot() {
        for (String room : present()) {
            List<String> hidden = new ArrayList<>();
            hidden.add(home);
            for (String door : DOORS) {
                if (!door.equals(room)) {
                    hidden.add(home + "." + door + "..");
                }
            }
            if (room.equals("domain")) {
                hidden.add(home + ".app..");
            }
            check(room, resideInAnyPackage(hidden.toArray(String[]::new)));
        }
    }

    private void onlyTheStoreWritesRowsAndFacts() {
        for (String room : present()) {
            if (!room.equals("store")) {
                check(
                        room,
                        resideInAnyPackage("io.maru.platform.database..", "java.sql..")
                                .or(named("io.maru.platform.event.Outbox")));
            }
        }
    }

    private void everyGrpcServiceChecksItsRequests() {
        assertThat(classes)
                .filteredOn(type -> type.isAnnotatedWith(GrpcService.class))
                .allSatisfy(type -> assertThat(type.getMethodCallsFromSelf())
                        .as("%s: calls (expected: CheckedRequests.of, in bindService)", type.getName())
                        .anyMatch(call -> call.getOrigin().getName().equals("bindService")
                                && call.getTargetOwner().isEquivalentTo(CheckedRequests.class)));
    }

    private void check(String room, DescribedPredicate<JavaClass> hidden) {
        if (present().contains(room)) {
            noClasses()
                    .that()
                    .resideInAPackage(home + "." + room + "..")
                    .should()
                    .dependOnClassesThat(hidden)
                    .check(classes);
        }
    }

    /** The packages right below the service's own, without that of its contract. */
    private Set<String> present() {
        Set<String> rooms = new TreeSet<>();
        for (JavaClass type : classes) {
            String below = type.getPackageName().substring(home.length());
            if (!below.isEmpty() && !below.startsWith(".v1")) {
                rooms.add(below.substring(1).split("\\.")[0]);
            }
        }
        return rooms;
    }
}
