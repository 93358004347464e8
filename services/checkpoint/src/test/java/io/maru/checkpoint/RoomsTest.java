package io.maru.checkpoint;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class RoomsTest {
    private static final String HOME = "io.maru.checkpoint";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(HOME);

    @Test
    void domainAndAppArePlain() {
        noClasses()
                .that()
                .resideInAnyPackage(HOME + ".domain", HOME + ".app")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.quarkus..",
                        "jakarta..",
                        "io.grpc..",
                        "com.google.protobuf..",
                        "org.apache.kafka..",
                        "java.sql..",
                        "io.minio..",
                        "io.micrometer..",
                        HOME + ".v1..",
                        "io.maru.platform.database..",
                        "io.maru.platform.event..",
                        "io.maru.platform.grpc..",
                        "io.maru.platform.store..",
                        "io.maru.platform.work..")
                .check(CLASSES);
    }

    @Test
    void domainKnowsNoOtherRoom() {
        noClasses()
                .that()
                .resideInAPackage(HOME + ".domain")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(HOME + ".app", HOME + ".grpc", HOME + ".store", HOME + ".work")
                .check(CLASSES);
    }

    @Test
    void appKnowsNoDoor() {
        noClasses()
                .that()
                .resideInAPackage(HOME + ".app")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(HOME + ".grpc", HOME + ".store", HOME + ".work")
                .check(CLASSES);
    }

    @Test
    void theDoorsDoNotSeeEachOther() {
        seesNone(".grpc", ".store", ".work");
        seesNone(".store", ".grpc", ".work");
        seesNone(".work", ".grpc", ".store");
    }

    private static void seesNone(String room, String one, String other) {
        noClasses()
                .that()
                .resideInAPackage(HOME + room)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(HOME + one, HOME + other)
                .check(CLASSES);
    }
}
