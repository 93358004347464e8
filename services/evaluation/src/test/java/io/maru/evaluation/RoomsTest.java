package io.maru.evaluation;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class RoomsTest {
    private static final String HOME = "io.maru.evaluation.";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.maru.evaluation");

    @Test
    void domainAndAppArePlain() {
        noClasses()
                .that()
                .resideInAnyPackage(HOME + "domain", HOME + "app")
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
                        HOME + "v1..",
                        "io.maru.inference..",
                        "io.maru.platform.database..",
                        "io.maru.platform.event..",
                        "io.maru.platform.grpc..",
                        "io.maru.platform.store..",
                        "io.maru.platform.work..")
                .check(CLASSES);
    }

    @Test
    void domainKnowsNoOtherRoom() {
        seesNone("domain", "app", "grpc", "store", "client", "work");
    }

    @Test
    void appKnowsNoDoor() {
        seesNone("app", "grpc", "store", "client", "work");
    }

    @Test
    void theDoorsDoNotSeeEachOther() {
        seesNone("grpc", "store", "client", "work");
        seesNone("store", "grpc", "client", "work");
        seesNone("client", "grpc", "store", "work");
        seesNone("work", "grpc", "store", "client");
    }

    private static void seesNone(String room, String... others) {
        String[] packages = new String[others.length];
        for (int i = 0; i < others.length; i++) {
            packages[i] = HOME + others[i];
        }
        noClasses()
                .that()
                .resideInAPackage(HOME + room)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(packages)
                .check(CLASSES);
    }
}
