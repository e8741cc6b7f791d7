package org.wso2.carbon.bootstrap;

/** The main class, under the name that a Carbon process shows in its command line (real-run 11). */
public final class Bootstrap {
    private Bootstrap() {}

    public static void main(String[] args) throws Exception {
        labpack.launcher.Main.run(args);
    }
}
