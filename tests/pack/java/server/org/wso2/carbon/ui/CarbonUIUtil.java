package org.wso2.carbon.ui;

/** What other bundles import this package for; empty here, so that taking the bundle away leaves them unresolved. */
public final class CarbonUIUtil {
    private CarbonUIUtil() {}
}
